using System.Net;
using System.Net.Sockets;
using Landline.Cluster.Hosting;
using Landline.Protocol.Links;
using Landline.Protocol.Loops;
using Landline.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>Accepts links on a TCP port, for daemons (through the API server, or directly) and agents.</summary>
internal sealed class SessionListener : IDisposable
{
    /// <summary>Beyond that, a link is closed at once: more than any cluster has developers, and for both ports fewer than the descriptors.</summary>
    private const int MostLinks = 4_096;

    private const int Backlog = 512;

    /// <summary>When descriptors have run out, for example; links that wait are accepted afterwards.</summary>
    private static readonly TimeSpan DelayAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly SessionServer _server;
    private readonly Func<Stream, CancellationToken, Task<Stream>>? _tunnel;
    private readonly TrackedTasks _tasks;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private int _links;

    /// <summary>Listens at once; nobody is accepted before <see cref="RunAsync"/>.</summary>
    /// <param name="tunnel">Accepts what each connection begins with; null where it is a link itself.</param>
    public SessionListener(
        IPEndPoint address, SessionServer server, Func<Stream, CancellationToken, Task<Stream>>? tunnel, TrackedTasks tasks, TimeProvider timeProvider, ILogger logger)
    {
        (_server, _tunnel, _tasks, _timeProvider, _logger) = (server, tunnel, tasks, timeProvider, logger);
        _socket = Bind(address);
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
    }

    public IPEndPoint EndPoint { get; }

    /// <param name="links">Closes the links that have been accepted.</param>
    /// <param name="cancellationToken">Only stops accepting.</param>
    public async Task RunAsync(CancellationToken links, CancellationToken cancellationToken)
    {
        SessionsLog.Listening(_logger, EndPoint.ToString());
        while (true)
        {
            try
            {
                Socket link = await _socket.AcceptAsync(cancellationToken);
                if (Volatile.Read(ref _links) >= MostLinks)
                {
                    link.Dispose();
                    continue;
                }

                _tasks.Run(() => ServeAsync(link, links));
            }
            catch (SocketException e)
            {
                SessionsLog.AcceptFailed(_logger, e.Message);
                await Task.Delay(DelayAfterFailure, _timeProvider, cancellationToken);
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static Socket Bind(IPEndPoint address)
    {
        // A pod of an IPv4-only cluster may have no IPv6 at all, and then there is no dual mode either.
        bool anyAddress = address.Address.Equals(IPAddress.IPv6Any);
        if (anyAddress && !Socket.OSSupportsIPv6)
        {
            address = new IPEndPoint(IPAddress.Any, address.Port);
        }

        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (socket.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = anyAddress;
            }

            socket.Bind(address);
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task ServeAsync(Socket link, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _links);
        try
        {
            await _server.ServeLinkAsync(TcpLink.Prepare(link, EventLoop.Next()), _tunnel, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _links);
        }
    }
}
