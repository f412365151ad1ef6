using System.Buffers.Binary;
using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Landline.Cluster.Agent.Capture;
using Landline.Protocol.Api;

namespace Landline.Tests.Cluster.Agent.Capture;

public sealed class FirstWordsTests
{
    [Theory]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: 10.0.0.1\r\nUser-Agent: kube-probe/1.33+\r\nAccept: */*\r\n\r\n", true)]
    [InlineData("GET /healthz HTTP/1.1\r\nuser-agent:kube-probe/1.20\r\n\r\n", true)]
    [InlineData("GET /stop HTTP/1.1\r\nHost: 10.0.0.1\r\nUser-Agent: kube-lifecycle/1.33\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\r\nUser-Agent: curl/8\r\n\r\n", false)]
    [InlineData("POST / HTTP/1.1\r\nUser-Agent: curl/8\r\n\r\nUser-Agent: kube-probe/1.33\r\n", false)]
    [InlineData("GET /?User-Agent: kube-probe/1 HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true)]
    [InlineData("SSH-2.0-OpenSSH\r\n", false)]
    [InlineData("\n", false)]
    public void The_kubelet_is_known_by_what_it_says(string first, bool probe) =>
        Assert.Equal(probe, IsProbe(Encoding.ASCII.GetBytes(first)));

    [Theory]
    [InlineData("GET /ready?full HTTP/1.1\r\nHost: a\r\nUser-Agent: Mozilla/5.0 (probe)\r\n\r\n", true)]
    [InlineData("GET /ready HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (probe)\r\n\r\n", false)]
    [InlineData("GET /ready?full HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\n\r\n", false)]
    [InlineData("POST /ready?full HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (probe)\r\n\r\n", false)]
    [InlineData("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("GET /silent HTTP/1.1\r\nUser-Agent: curl/8\r\n\r\n", false)]
    [InlineData("GET /silent HTTP/1.1\r\nHost: a\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    public void A_probe_that_has_a_name_of_its_own_is_known_by_that_and_by_its_path(string first, bool probe)
    {
        NamedProbe[] probes = [new() { Path = "/ready?full", UserAgent = "Mozilla/5.0 (probe)" }, new() { Path = "/silent" }];

        Assert.Equal(probe, FirstWordsReader.IsProbe(Encoding.ASCII.GetBytes(first), probes));
    }

    [Fact]
    public void A_tls_hello_without_a_server_name_is_a_probe_and_one_with_a_name_is_not()
    {
        Assert.True(IsProbe(ClientHello(serverName: false)));
        Assert.False(IsProbe(ClientHello(serverName: true)));
    }

    [Fact]
    public void A_hello_that_is_cut_off_is_no_probe()
    {
        byte[] hello = ClientHello(serverName: false);
        for (int length = 0; length < hello.Length; length++)
        {
            Assert.False(IsProbe(hello.AsSpan(0, length)), $"{length} bytes");
        }
    }

    [Fact]
    public void No_bytes_break_it() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        static bytes =>
        {
            _ = IsProbe(bytes);
            _ = IsProbe([22, 3, 1, 0, 90, 1, .. bytes]);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_pods_gateway_is_read_from_its_routes()
    {
        const string routes = "Iface\tDestination\tGateway \tFlags\neth0\t00000000\t0100F40A\t0003\neth0\t0000F40A\t00000000\t0001\n";

        Assert.Equal([IPAddress.Parse("10.244.0.1")], ProbeSources.Gateways(routes));
    }

    [Fact]
    public void A_pods_IPv6_gateway_is_read_from_its_routes()
    {
        const string none = "00000000000000000000000000000000";
        const string routes =
            $"fd000010024400000000000000000000 40 {none} 00 {none} 00000100 00000001 00000000 00000001     eth0\n"
            + $"{none} 00 {none} 00 fd000010024400000000000000000001 00000400 00000003 00000000 00000003     eth0\n"
            + $"00000000000000000000000000000001 80 {none} 00 {none} 00000000 00000004 00000000 80200001       lo\n";

        Assert.Equal([IPAddress.Parse("fd00:10:244::1")], ProbeSources.GatewaysV6(routes));
    }

    private static bool IsProbe(ReadOnlySpan<byte> first) => FirstWordsReader.IsProbe(first, []);

    // RFC 8446, 4.1.2: version, random, no session id, one cipher suite, no compression, extensions.
    private static byte[] ClientHello(bool serverName)
    {
        byte[] name = [0, 0, 0, 6, 0, 4, 0, 0, 1, 97];
        byte[] versions = [0, 43, 0, 3, 2, 3, 4, 0, 51, 0, 0];
        byte[] extensions = serverName ? [.. versions, .. name] : versions;
        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 19, 1, 1, 0, .. Length(extensions.Length), .. extensions];
        return [22, 3, 1, .. Length(body.Length + 4), 1, 0, .. Length(body.Length), .. body];

        static byte[] Length(int length)
        {
            byte[] bytes = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)length);
            return bytes;
        }
    }
}
