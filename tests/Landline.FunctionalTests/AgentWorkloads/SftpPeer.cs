using System.Buffers.Binary;
using System.Text;
using Landline.Cluster.Agent.Files;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentWorkloads;

/// <summary>Asks for files over a stream as sshfs does, one packet at a time.</summary>
internal sealed class SftpPeer : IAsyncDisposable
{
    private readonly Stream _bytes;
    private readonly SftpWriter _request = new();

    private SftpPeer(SessionStream stream) => _bytes = stream.AsStream();

    public static async Task<SftpPeer> StartAsync(SessionStream stream)
    {
        var peer = new SftpPeer(stream);
        await peer._bytes.WriteAsync(new byte[] { 0, 0, 0, 5, 1, 0, 0, 0, 3 }, Deadline.Token);
        Assert.Equal((byte)SftpPacketType.Version, (await peer.ReceiveAsync())[0]);
        return peer;
    }

    public async Task<SftpPacketType> OpenAsync(string path, uint flags) => (SftpPacketType)(await AskToOpenAsync(path, flags))[0];

    public async Task<string> ReadAsync(string path)
    {
        byte[] handle = (await AskToOpenAsync(path, flags: 1))[9..];
        byte[] answer = await AskAsync(SftpPacketType.Read, request =>
        {
            request.WriteBytes(handle);
            request.WriteUInt64(0);
            request.WriteUInt32(1000);
        });
        Assert.Equal((byte)SftpPacketType.DataAnswer, answer[0]);
        return Encoding.UTF8.GetString(answer.AsSpan(9));
    }

    public ValueTask DisposeAsync() => _bytes.DisposeAsync();

    private Task<byte[]> AskToOpenAsync(string path, uint flags) => AskAsync(SftpPacketType.Open, request =>
    {
        request.WriteBytes(Encoding.UTF8.GetBytes(path));
        request.WriteUInt32(flags);
        request.WriteAttributes(default);
    });

    private async Task<byte[]> AskAsync(SftpPacketType type, Action<SftpWriter> fields)
    {
        _request.Begin(type, 7);
        fields(_request);
        await _bytes.WriteAsync(_request.Packet, Deadline.Token);
        return await ReceiveAsync();
    }

    private async Task<byte[]> ReceiveAsync()
    {
        byte[] length = new byte[4];
        await _bytes.ReadExactlyAsync(length, Deadline.Token);
        byte[] packet = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await _bytes.ReadExactlyAsync(packet, Deadline.Token);
        return packet;
    }
}
