using System.Net;
using System.Net.Sockets;
using Landline.Benchmarks.Networks;
using Landline.Daemon.PacketEngine;
using Landline.Networking.Tun;
using Landline.Protocol.Links;
using Landline.Protocol.Loops;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Benchmarks.Roles;

/// <summary>
/// The workstation's side: a TUN device in this process's network namespace, the packet engine and a session with the
/// relay over a direct TCP connection. Lives until its standard input ends. Commands: "counters" prints the engine's
/// counters, "drop" closes the link, "session off" and "session on" take the session away from the engine and back.
/// </summary>
internal static class EngineRole
{
    private const string Device = "landline0";
    private static readonly TunAddresses V4 = new(IPAddress.Parse("198.18.0.1"), IPAddress.Parse("198.18.0.2"));
    private static readonly TunAddresses V6 = new(IPAddress.Parse("fd00:18::1"), IPAddress.Parse("fd00:18::2"));

    /// <param name="options">RELAY-ENDPOINT plain|tls FINGERPRINT</param>
    public static async Task<int> RunAsync(string[] options)
    {
        IPEndPoint relay = IPEndPoint.Parse(options[0]);
        Socket? link = null;
        await using var client = new SessionClient(new SessionClientOptions
        {
            DialLink = async cancellationToken =>
            {
                link = await LoopDial.ConnectAsync(relay, EventLoop.Main, cancellationToken);
                return TcpLink.Prepare(link);
            },
            Certificate = PinnedTls.CreateCertificate(TimeProvider.System),
            PinnedFingerprint = () => options[2],
            Hello = static () => "{}"u8.ToArray(),
            Acceptor = Refuse,
        });
        Func<Session?> currentSession = () => client.Current;
        if (options[1] == "plain")
        {
            Session plain = await ConnectPlainAsync(relay);
            currentSession = () => plain;
        }
        else
        {
            await client.StartAsync(CancellationToken.None);
        }

        bool hasSession = true;
        TunDevice tun = TunDevice.Create(Device);
        await SetUpDeviceAsync();
        await using var engine = new TunEngine(
            tun, [V4, V6], () => hasSession ? currentSession() : null, TimeProvider.System, NullLogger<TunEngine>.Instance);
        engine.Start();
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is { } command)
        {
            switch (command)
            {
                case "counters":
                    Console.WriteLine(Describe(engine));
                    break;
                case "drop":
                    link?.Close(timeout: 0);
                    Console.WriteLine("dropped");
                    break;
                case "session off" or "session on":
                    hasSession = command == "session on";
                    Console.WriteLine("done");
                    break;
                default:
                    Console.WriteLine("unknown");
                    break;
            }
        }

        return 0;
    }

    private static async Task<Session> ConnectPlainAsync(IPEndPoint relay)
    {
        Socket socket = await LoopDial.ConnectAsync(relay, EventLoop.Main, CancellationToken.None);
        return PlainSession.Begin(socket, isClient: true, Refuse);
    }

    private static void Refuse(Session session, SessionStream stream) =>
        stream.Refuse(new StreamEnd(StreamEndCode.Unavailable, "nothing is served here"));

    private static async Task SetUpDeviceAsync()
    {
        await Command.RunAsync("ip", "link", "set", Device, "mtu", "1500", "txqueuelen", "30000", "up");
        await Command.RunAsync("ip", "addr", "add", $"{V4.Workstation}/30", "dev", Device);
        await Command.RunAsync("ip", "addr", "add", $"{V6.Workstation}/126", "dev", Device, "nodad");
        foreach (string subnet in NamespacePair.TunnelledSubnets)
        {
            await Command.RunAsync("ip", "route", "add", subnet, "dev", Device);
        }
    }

    private static string Describe(TunEngine engine)
    {
        IEnumerable<string> counters = Enum.GetValues<EngineCounter>().Select(counter => $"{counter}={engine.Counters[counter]}");
        return string.Join(' ', [.. counters, $"Connections={engine.Connections}", $"Flows={engine.Flows}"]);
    }
}
