using System.Text;
using System.Text.Json;
using Landline.Protocol.Api;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Api;

public sealed class ProtocolJsonTests
{
    [Fact]
    public void A_workstation_says_hello_with_its_connection()
    {
        ClientHello hello = new WorkstationHello { Namespace = "default", Connection = "ann-laptop-x", Version = "1.0" };

        string json = JsonSerializer.Serialize(hello, ProtocolJson.Default.ClientHello);

        Assert.Equal("""{"role":"workstation","namespace":"default","connection":"ann-laptop-x","version":"1.0"}""", json);
        Assert.Equal(hello, JsonSerializer.Deserialize(json, ProtocolJson.Default.ClientHello));
    }

    [Theory]
    [InlineData("""{"node":"n1","token":"t","role":"agent"}""")]
    [InlineData("""{"role":"agent","token":"t","node":"n1","later":{"x":[1]}}""")]
    public void The_role_may_come_anywhere_and_unknown_fields_are_ignored(string json)
    {
        var hello = Assert.IsType<AgentHello>(JsonSerializer.Deserialize(json, ProtocolJson.Default.ClientHello));

        Assert.Equal("n1", hello.Node);
        Assert.DoesNotContain("t }", hello.ToString());
    }

    [Fact]
    public void A_role_or_message_of_a_later_version_is_read_as_the_plain_record()
    {
        ClientHello? hello = JsonSerializer.Deserialize("""{"role":"gateway","version":"9"}""", ProtocolJson.Default.ClientHello);
        ManagerMessage? message = JsonSerializer.Deserialize("""{"type":"news","x":1}""", ProtocolJson.Default.ManagerMessage);

        Assert.Equal(typeof(ClientHello), hello?.GetType());
        Assert.Equal(typeof(ManagerMessage), message?.GetType());
    }

    [Fact]
    public void Attachments_are_written_as_their_schema_has_them()
    {
        var spec = new AttachmentSpec
        {
            Connection = "c",
            Type = AttachmentType.Intercept,
            Workload = new() { Name = "web" },
            Ports = [new() { Identifier = "http", Protocol = PortProtocol.Udp, WorkstationPort = 8080 }],
        };

        string json = JsonSerializer.Serialize(spec, ProtocolJson.Default.AttachmentSpec);

        Assert.Equal(
            """{"connection":"c","type":"Intercept","workload":{"name":"web"},"ports":[{"identifier":"http","protocol":"UDP","workstationPort":8080}],"whenUnavailable":"Fallback","forwardSourceAddress":false}""",
            json);
    }

    [Fact]
    public async Task Messages_arrive_whole_however_the_bytes_are_cut()
    {
        var stream = new ChoppyStream(Encoding.UTF8.GetBytes(
            """{"type":"cluster","clusterDomain":"cluster.local"}""" + "\n" +
            $$"""{"type":"confirmAttachment","name":"{{new string('n', 20_000)}}","uid":"u"}""" + "\n"));
        using var lines = new JsonLines<ManagerMessage>(stream, ProtocolJson.Default.ManagerMessage);

        Assert.Equal("cluster.local", Assert.IsType<ClusterMessage>(await lines.ReadAsync(Deadline.Token)).ClusterDomain);
        Assert.Equal(20_000, Assert.IsType<ConfirmAttachmentMessage>(await lines.ReadAsync(Deadline.Token)).Name.Length);
        Assert.Null(await lines.ReadAsync(Deadline.Token));
    }

    [Theory]
    [InlineData("{\"type\":\"cluster\"")]
    [InlineData("null\n")]
    [InlineData("nonsense\n")]
    [InlineData("[]\n")]
    public async Task What_is_no_message_is_said_to_be_none(string text)
    {
        using var lines = new JsonLines<ManagerMessage>(
            new MemoryStream(Encoding.UTF8.GetBytes(text)), ProtocolJson.Default.ManagerMessage);

        await Assert.ThrowsAsync<JsonException>(async () => await lines.ReadAsync(Deadline.Token));
    }

    [Fact]
    public async Task A_line_without_end_is_given_up_at_the_limit()
    {
        using var lines = new JsonLines<ManagerMessage>(
            new MemoryStream(Enumerable.Repeat((byte)' ', 2 * JsonLines<ManagerMessage>.LongestLineBytes).ToArray()),
            ProtocolJson.Default.ManagerMessage);

        await Assert.ThrowsAsync<JsonException>(async () => await lines.ReadAsync(Deadline.Token));
    }

    [Fact]
    public async Task Each_message_is_one_line()
    {
        var written = new MemoryStream();
        using var lines = new JsonLines<ManagerMessage>(written, ProtocolJson.Default.ManagerMessage);

        await lines.WriteAsync(new ConfirmAttachmentMessage { Name = "a\nb", Uid = "u" }, Deadline.Token);

        Assert.Equal("""{"type":"confirmAttachment","name":"a\nb","uid":"u"}""" + "\n", Encoding.UTF8.GetString(written.ToArray()));
    }

    /// <summary>Gives one to seven bytes at a time.</summary>
    private sealed class ChoppyStream(byte[] bytes) : MemoryStream(bytes)
    {
        private int _next;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _next = (_next + 3) % 7;
            return base.ReadAsync(buffer[..Math.Min(buffer.Length, 1 + _next)], cancellationToken);
        }
    }
}
