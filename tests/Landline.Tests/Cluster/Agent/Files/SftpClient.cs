using System.Buffers.Binary;
using System.Text;
using Landline.Cluster.Agent.Files;
using Landline.Networking.Files;

namespace Landline.Tests.Cluster.Agent.Files;

/// <summary>Asks a file session as sshfs does, packet by packet.</summary>
internal sealed class SftpClient : IDisposable
{
    private readonly SftpSession _session;
    private readonly SftpWriter _request = new();

    public SftpClient(ContainerRoot root, bool readOnly)
    {
        _session = new SftpSession(root, readOnly);
        _session.Answer([1, 0, 0, 0, 3]);
    }

    public void Dispose() => _session.Dispose();

    public byte[] Open(string path, uint flags)
    {
        byte[] answer = Ask(SftpPacketType.Open, w =>
        {
            w.WriteBytes(Encoding.UTF8.GetBytes(path));
            w.WriteUInt32(flags);
            w.WriteAttributes(default);
        });
        Assert.Equal((byte)SftpPacketType.HandleAnswer, answer[0]);
        return answer[9..];
    }

    public SftpStatusCode Write(byte[] handle, ulong offset, string text) => Status(SftpPacketType.Write, w =>
    {
        w.WriteBytes(handle);
        w.WriteUInt64(offset);
        w.WriteBytes(Encoding.UTF8.GetBytes(text));
    });

    public string Read(byte[] handle, ulong offset, uint count)
    {
        byte[] answer = Ask(SftpPacketType.Read, w =>
        {
            w.WriteBytes(handle);
            w.WriteUInt64(offset);
            w.WriteUInt32(count);
        });
        Assert.Equal((byte)SftpPacketType.DataAnswer, answer[0]);
        return Encoding.UTF8.GetString(answer.AsSpan(9));
    }

    public IReadOnlyList<string> List(string path)
    {
        byte[] handle = Ask(SftpPacketType.OpenDirectory, w => w.WriteBytes(Encoding.UTF8.GetBytes(path)))[9..];
        var names = new List<string>();
        while (true)
        {
            byte[] answer = Ask(SftpPacketType.ReadDirectory, w => w.WriteBytes(handle));
            if (answer[0] == (byte)SftpPacketType.StatusAnswer)
            {
                return names;
            }

            var reader = new SftpReader(answer.AsSpan(5));
            for (uint left = reader.ReadUInt32(); left > 0; left--)
            {
                names.Add(Encoding.UTF8.GetString(reader.ReadBytes()));
                reader.ReadBytes();
                reader.ReadAttributes();
            }
        }
    }

    public SftpStatusCode OnPath(SftpPacketType type, string path) =>
        Status(type, w => w.WriteBytes(Encoding.UTF8.GetBytes(path)));

    public SftpStatusCode Status(SftpPacketType type, Action<SftpWriter> fields)
    {
        byte[] answer = Ask(type, fields);
        Assert.Equal((byte)SftpPacketType.StatusAnswer, answer[0]);
        return (SftpStatusCode)BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(5));
    }

    private byte[] Ask(SftpPacketType type, Action<SftpWriter> fields)
    {
        _request.Begin(type, 7);
        fields(_request);
        byte[] answer = _session.Answer(_request.Packet.Span[4..]).ToArray();
        Assert.Equal(7u, BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(5)));
        return answer[4..];
    }
}
