using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Benchmarks.Roles;

/// <summary>The cluster's side: serves sessions and dials what they ask for. Lives until its standard input ends.</summary>
internal static class RelayRole
{
    /// <param name="options">LISTEN-ENDPOINT plain|tls</param>
    public static async Task<int> RunAsync(string[] options)
    {
        using var certificate = PinnedTls.CreateCertificate(TimeProvider.System);
        using var listener = new TcpListener(IPEndPoint.Parse(options[0]));
        listener.Start();
        await using var server = new SessionServer(new SessionServerOptions
        {
            Certificate = certificate,
            Authorize = static (identity, _) => Task.FromResult<object?>(identity.Fingerprint),
            OnNewSession = static (_, _) => { },
            Acceptor = static (_, stream) => FarDialer.Serve(stream),
        });
        Console.WriteLine($"ready {PinnedTls.FingerprintOf(certificate)}");

        using var ending = new CancellationTokenSource();
        Task accepting = AcceptAsync(
            listener,
            socket => options[1] == "plain" ? ServePlainAsync(socket) : server.ServeLinkAsync(TcpLink.Prepare(socket), ending.Token),
            ending.Token);
        while (await Console.In.ReadLineAsync(CancellationToken.None) is not null)
        {
            Console.WriteLine("unknown");
        }

        await ending.CancelAsync();
        await accepting;
        return 0;
    }

    private static Task<StreamEnd> ServePlainAsync(Socket socket) =>
        PlainSession.Begin(socket, isClient: false, static (_, stream) => FarDialer.Serve(stream)).Ended;

    private static async Task AcceptAsync(TcpListener listener, Func<Socket, Task> serveAsync, CancellationToken cancellationToken)
    {
        var links = new List<Task>();
        try
        {
            while (true)
            {
                Socket socket = await listener.AcceptSocketAsync(cancellationToken);
                links.Add(serveAsync(socket));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(links);
        }
    }
}
