using System.Net;
using System.Security.Cryptography;
using Landline.Protocol.Links;
using Landline.Protocol.Loops;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Links;

public sealed class TunnelDialTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_over_a_tunnel_is_read_in_the_loop_if_the_tunnel_asked_for_its_connection(bool asks)
    {
        await using var endpoints = new TlsEndpoints();
        Tunnel? tunnel = null;
        await using var client = new SessionClient(new SessionClientOptions
        {
            DialLink = async token =>
            {
                var address = (IPEndPoint)endpoints.Address;
                var target = new DnsEndPoint(address.Address.ToString(), address.Port);
                var dial = new TunnelDial();
                tunnel = new Tunnel(asks ? await dial.ConnectAsync(target, token) : await TcpLink.ConnectAsync(target, token));
                return dial.ToLink(tunnel);
            },
            Certificate = endpoints.ClientCertificate,
            PinnedFingerprint = () => PinnedTls.FingerprintOf(endpoints.ServerCertificate),
            Hello = static () => "{}"u8.ToArray(),
            Acceptor = static (_, stream) => stream.Refuse(new StreamEnd(StreamEndCode.NotAllowed, "Nothing is opened in this direction.")),
        });
        Session session = await client.StartAsync(Deadline.Token);

        byte[] sent = RandomNumberGenerator.GetBytes(1_000_001);
        SessionStream near = session.Open(StreamKind.Tcp, []);
        SessionStream far = await endpoints.Offered.ReadAsync(Deadline.Token);
        far.Accept();
        Task<byte[]> reading = near.ReadBytesToEndAsync();
        await far.WriteAsync(sent, Deadline.Token);
        far.EndWriting();
        byte[] received = await reading;

        Assert.Equal(sent, received);
        Assert.Equal(asks, tunnel!.WasReadInLoop);
    }

    /// <summary>Carries bytes as they are, and notes where they were read.</summary>
    private sealed class Tunnel(Stream connection) : LinkLayer(connection)
    {
        public bool WasReadInLoop { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int length = await base.ReadAsync(buffer, cancellationToken);
            WasReadInLoop = EventLoop.Main.IsCurrent;
            return length;
        }
    }
}
