using Landline.Daemon.Attachments;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Daemon.Api;

/// <summary>What the API asks of the daemon: its one connection. The real one opens the session and the network.</summary>
internal interface IConnectionHost
{
    DaemonStatus Status { get; }

    /// <summary>Completes with the reason when the connection of now has ended, in whatever way; it has when there is none.</summary>
    Task<string> Over { get; }

    /// <exception cref="UserErrorException">There is no connection.</exception>
    AttachmentSet Attachments { get; }

    /// <summary>Connects, or finds the same connection standing. A request that holds it is told by what to let go of it.</summary>
    /// <param name="report">Is told of progress, and of the helper that the caller must start; one call at a time.</param>
    /// <exception cref="UserErrorException">The connection cannot be made, and nothing of it is left.</exception>
    Task<ConnectedEvent> ConnectAsync(
        ConnectRequest request, Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken);

    /// <summary>Lets go of a connection, which ends if nobody else needs it: returns when it has. Does nothing the second time.</summary>
    /// <param name="hold">See <see cref="ConnectedEvent.Hold"/>.</param>
    /// <returns>Whether this has ended the connection; one that took its place is somebody else's.</returns>
    Task<bool> ReleaseAsync(string hold);

    /// <summary>Ends the connection and returns when the machine and the cluster are as before.</summary>
    Task DisconnectAsync(CancellationToken cancellationToken);
}
