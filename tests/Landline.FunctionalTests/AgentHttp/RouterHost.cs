using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Net;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Agent.Http;
using Landline.Protocol.Api;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>
/// The agent's filter in front of an original, with one attachment: requests with the header x-user: alice go to the
/// handler.
/// </summary>
internal sealed class RouterHost : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly RouterTargets _targets;
    private readonly Task _accepting;

    public RouterHost(
        int originalPort,
        int? handlerPort,
        WhenUnavailable whenUnavailable = WhenUnavailable.Fallback,
        bool forwardSourceAddress = false,
        string sourceAddress = "10.1.2.3",
        TimeProvider? time = null)
    {
        var match = new HttpMatch { Headers = [new HttpValueMatch { Name = "X-User", Value = "alice" }] };
        Assert.True(HttpFilter.TryCompile(match, out HttpFilter filter, out _));
        Attachment = new FilteredAttachment("shop/alice", filter, whenUnavailable, forwardSourceAddress);
        Filters.Replace([Attachment]);
        HandlerPort = handlerPort;
        _targets = new RouterTargets
        {
            Filters = Filters,
            DialOriginal = cancellationToken => DialAsync(originalPort, cancellationToken),
            DialWorkstation = async (_, cancellationToken) =>
                Wrap(await DialAsync(HandlerPort ?? throw new IOException("no handler"), cancellationToken)),
            SourceAddress = IPAddress.Parse(sourceAddress),
            Observer = Routed.Enqueue,
            Time = time ?? TimeProvider.System,
        };
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public FilterTable Filters { get; } = new();

    public FilteredAttachment Attachment { get; }

    public int? HandlerPort { get; set; }

    /// <summary>What the router gets in place of a connection to the handler.</summary>
    public Func<Stream, Stream> Wrap { get; set; } = static stream => stream;

    public ConcurrentQueue<RoutedRequest> Routed { get; } = [];

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Task<RawPeer> ConnectAsync() => RawPeer.ConnectAsync(Port);

    /// <summary>Also fails when a connection did not end by itself or failed with an exception.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.WaitAsync(Deadline.Token);
        _stop.Dispose();
    }

    private static async ValueTask<Stream> DialAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task AcceptAsync()
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                running.Add(HttpRouter.ServeAsync(await _listener.AcceptSocketAsync(), _targets, _stop.Token));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(running);
        }
    }
}
