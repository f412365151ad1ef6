using System.Net.Sockets;
using Landline.Protocol.Relays;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Relays;

/// <summary>caller socket → relay → session → relay → target socket, as from a workstation to a service.</summary>
internal sealed class RelayedConnection : IAsyncDisposable
{
    private readonly SocketPair _near;
    private readonly SocketPair _far;
    private readonly Task<StreamEnd?> _nearRelay;
    private readonly Task<StreamEnd?> _farRelay;

    private RelayedConnection(SessionPair sessions, SocketPair near, SocketPair far, Task<StreamEnd?> nearRelay, Task<StreamEnd?> farRelay)
    {
        Sessions = sessions;
        _near = near;
        _far = far;
        _nearRelay = nearRelay;
        _farRelay = farRelay;
    }

    public SessionPair Sessions { get; }

    public Socket Caller => _near.Near;

    public Socket Target => _far.Near;

    /// <summary>How the connection ended on the caller's side, once both sides have ended.</summary>
    public Task<StreamEnd?> Ended => EndedAsync();

    /// <param name="stopNear">Stops the caller's relay.</param>
    /// <param name="smallBuffers">The kernel takes little for a caller that does not read.</param>
    public static async Task<RelayedConnection> StartAsync(CancellationToken stopNear, bool smallBuffers = false)
    {
        SessionPair sessions = await SessionPair.ConnectAsync();
        (SessionStream nearStream, SessionStream farStream) = await sessions.OpenAsync();
        SocketPair near = await SocketPair.ConnectAsync();
        SocketPair far = await SocketPair.ConnectAsync();
        if (smallBuffers)
        {
            near.Near.ReceiveBufferSize = near.Far.SendBufferSize = 8 * 1024;
        }

        Task<StreamEnd?> nearRelay = SocketRelay.RunAsync(near.Far, nearStream, stopNear);
        Task<StreamEnd?> farRelay = SocketRelay.RunAsync(far.Far, farStream, CancellationToken.None);
        return new RelayedConnection(sessions, near, far, nearRelay, farRelay);
    }

    public async ValueTask DisposeAsync()
    {
        await Sessions.DisposeAsync();
        await EndedAsync();
        _near.Dispose();
        _far.Dispose();
    }

    private async Task<StreamEnd?> EndedAsync()
    {
        StreamEnd? end = await _nearRelay.WaitAsync(Deadline.Token);
        await _farRelay.WaitAsync(Deadline.Token);
        return end;
    }
}
