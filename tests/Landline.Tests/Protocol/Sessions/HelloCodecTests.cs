using FsCheck;
using FsCheck.Fluent;
using Landline.Protocol.Frames;
using Landline.Protocol.Sessions;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>docs/protocol/session.md, section 2.</summary>
public sealed class HelloCodecTests
{
    private static readonly Guid Id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    [Fact]
    public void The_bytes_are_as_documented()
    {
        byte[] client = HelloCodec.Write(new ClientHello(Id, 0x0102030405060708, "{}"u8.ToArray()));
        byte[] server = HelloCodec.Write(new ServerHello(HelloStatus.Resumed, Id, 9, TimeSpan.FromSeconds(2), "ok"u8.ToArray()));

        Assert.Equal("4C4E444C" + "0001" + "0000" + "00112233445566778899AABBCCDDEEFF" + "0102030405060708" + "00000000" + "00000002" + "7B7D", Convert.ToHexString(client));
        Assert.Equal("4C4E444C" + "0001" + "0200" + "00112233445566778899AABBCCDDEEFF" + "0000000000000009" + "000007D0" + "00000002" + "6F6B", Convert.ToHexString(server));
    }

    [Fact]
    public async Task Both_survive_writing_and_reading_a_byte_at_a_time()
    {
        var client = new ClientHello(Id, 42, "{\"role\":\"workstation\"}"u8.ToArray());
        var server = new ServerHello(HelloStatus.New, Id, 7, TimeSpan.FromMinutes(2), "{}"u8.ToArray());

        ClientHello readClient = await HelloCodec.ReadClientAsync(new ByteByByte(HelloCodec.Write(client)), Deadline.Token);
        ServerHello readServer = await HelloCodec.ReadServerAsync(new ByteByByte(HelloCodec.Write(server)), Deadline.Token);

        Assert.Equal((Id, 42, HelloCodec.Version), (readClient.SessionId, readClient.Received, readClient.Version));
        Assert.Equal(client.Json.ToArray(), readClient.Json.ToArray());
        Assert.Equal(server with { Payload = default }, readServer with { Payload = default });
        Assert.Equal("{}", readServer.Reason);
    }

    [Fact]
    public async Task A_server_of_another_version_is_understood_when_it_refuses_and_only_then()
    {
        byte[] refusal = HelloCodec.Write(new ServerHello(HelloStatus.Refused, Guid.Empty, 0, TimeSpan.Zero, "too old"u8.ToArray()));
        byte[] welcome = HelloCodec.Write(new ServerHello(HelloStatus.New, Id, 0, TimeSpan.Zero, default));
        refusal[5] = welcome[5] = 2;

        Assert.Equal("too old", (await HelloCodec.ReadServerAsync(new MemoryStream(refusal), Deadline.Token)).Reason);
        await Assert.ThrowsAsync<SessionProtocolException>(() => HelloCodec.ReadServerAsync(new MemoryStream(welcome), Deadline.Token));
    }

    [Fact]
    public void Damaged_hellos_are_read_or_refused() => Prop.ForAll<int, byte>((place, value) =>
    {
        byte[] bytes = HelloCodec.Write(new ClientHello(Id, 1, "{}"u8.ToArray()));
        bytes[(place & int.MaxValue) % bytes.Length] = value;

        AssertReadOrRefused(bytes);
        AssertReadOrRefused(bytes[..((place & int.MaxValue) % bytes.Length)]);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_are_read_or_refused() => Prop.ForAll<byte[]>(AssertReadOrRefused).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("00004001")]
    [InlineData("FFFFFFFF")]
    public void A_length_out_of_bounds_is_refused_before_anything_is_reserved(string length)
    {
        byte[] head = HelloCodec.Write(new ClientHello(Id, 1, default));
        Convert.FromHexString(length).CopyTo(head, 36);

        Assert.Throws<SessionProtocolException>(() => HelloCodec.CheckHead(head));
    }

    private static void AssertReadOrRefused(byte[] bytes)
    {
        try
        {
            // A memory stream is never waited for.
            Task<ClientHello> client = HelloCodec.ReadClientAsync(new MemoryStream(bytes), Deadline.Token);
            Task<ServerHello> server = HelloCodec.ReadServerAsync(new MemoryStream(bytes), Deadline.Token);
            Assert.True(client.IsCompleted && server.IsCompleted);
            Assert.All([client.Exception?.InnerException, server.Exception?.InnerException], failure =>
                Assert.True(failure is null or SessionProtocolException or EndOfStreamException, failure?.ToString()));
        }
        catch (SessionProtocolException)
        {
            // As documented.
        }
    }

    /// <summary>A link that brings one byte with each read.</summary>
    private sealed class ByteByByte(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }
}
