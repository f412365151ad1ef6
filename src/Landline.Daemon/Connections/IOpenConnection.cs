using Landline.Daemon.Attachments;
using Landline.Protocol.Api;

namespace Landline.Daemon.Connections;

/// <summary>A connection that stands. Disposing it puts machine and cluster back; that may be done more than once.</summary>
internal interface IOpenConnection : IAsyncDisposable
{
    /// <summary>Completes with the reason when the connection cannot go on, for example because the net helper is gone.</summary>
    Task<string> Lost { get; }

    /// <summary>As of now. Cheap; any thread may call it.</summary>
    ConnectionInfo Describe();

    IReadOnlyList<WarningInfo> Warnings();

    AttachmentSet Attachments { get; }
}

/// <summary>Opens connections. The real one is <see cref="ConnectionOpener"/>.</summary>
internal interface IConnectionOpener
{
    /// <exception cref="Protocol.Errors.UserErrorException">It did not work, and nothing is left of it.</exception>
    Task<IOpenConnection> OpenAsync(
        ConnectRequest request, Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken);
}
