using System.Net;
using System.Net.Sockets;
using Landline.Networking.Namespaces;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// Accepts the captured TCP connections of a pod, on one port for IPv4 and IPv6. An accepted socket has the address that
/// the caller dialled; whoever dialled the agent's own port is reset. Bound to any address, because a listener's own
/// address would be taken for that of what it accepts (Socket.LocalEndPoint).
/// </summary>
internal sealed class TcpCapture : IDisposable
{
    private const int Backlog = 1024;

    /// <summary>A pod's connections beyond this wait in the kernel's queue.</summary>
    private const int LargestConnections = 8192;

    private static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(10);

    private static readonly NamespaceSocketOptions Options = new(CaptureRules.Mark, Transparent: true);

    private readonly Socket _ipv4;
    private readonly Socket? _ipv6;
    private readonly SemaphoreSlim _room = new(LargestConnections);

    private TcpCapture(Socket ipv4, Socket? ipv6) => (_ipv4, _ipv6) = (ipv4, ipv6);

    public int Port => ((IPEndPoint)_ipv4.LocalEndPoint!).Port;

    /// <exception cref="NamespaceException">The namespace cannot be entered.</exception>
    /// <exception cref="SocketException">No port is free.</exception>
    public static TcpCapture Listen(NetworkNamespace pod)
    {
        Socket ipv4 = pod.Listen(new IPEndPoint(IPAddress.Any, 0), Backlog, Options);
        try
        {
            return new TcpCapture(ipv4, pod.Listen(new IPEndPoint(IPAddress.IPv6Any, ((IPEndPoint)ipv4.LocalEndPoint!).Port), Backlog, Options));
        }
        catch (Exception e) when (e is NamespaceException or SocketException)
        {
            return new TcpCapture(ipv4, null); // A pod without IPv6.
        }
    }

    /// <summary>Until it is disposed or told to stop.</summary>
    /// <param name="serve">Takes a connection over.</param>
    /// <param name="failed">Told why none was accepted.</param>
    public Task RunAsync(Func<Socket, Task> serve, PodParts parts, Action<string> failed, CancellationToken cancellationToken) =>
        Task.WhenAll(((Socket?[])[_ipv4, _ipv6]).OfType<Socket>().Select(listener => AcceptAsync(listener, serve, parts, failed, cancellationToken)));

    public void Dispose()
    {
        _ipv4.Dispose();
        _ipv6?.Dispose();
    }

    private async Task AcceptAsync(
        Socket listener, Func<Socket, Task> serve, PodParts parts, Action<string> failed, CancellationToken cancellationToken)
    {
        while (true)
        {
            await _room.WaitAsync(cancellationToken);
            Socket accepted;
            try
            {
                accepted = await listener.AcceptAsync(cancellationToken);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of descriptors, or a caller that has gone: the next one may be luckier.
                failed(e.Message);
                _room.Release();
                await Task.Delay(AfterFailure, parts.TimeProvider, cancellationToken);
                continue;
            }

            parts.Tasks.Run(() => ServeAsync(accepted, serve));
        }
    }

    private async Task ServeAsync(Socket accepted, Func<Socket, Task> serve)
    {
        try
        {
            await serve(accepted);
        }
        finally
        {
            _room.Release();
        }
    }
}
