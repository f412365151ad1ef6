using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Health;
using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>One workstation's session: starts whatever serves each stream that it opens, within its quota.</summary>
internal sealed class WorkstationPeer(
    Session session,
    ConnectionObject connection,
    StreamServices services,
    ManagerMetrics metrics,
    TrackedTasks tasks,
    TimeProvider timeProvider,
    CancellationToken stopping)
    : ISessionPeer
{
    private readonly StreamQuota _quota = new();

    public Session Session => session;

    public ObjectKey Key { get; } = ObjectKey.Of(connection);

    public ConnectionObject Connection => connection;

    public ConfirmedAttachments Confirmed { get; } = new();

    public DateTimeOffset Since { get; } = timeProvider.GetUtcNow();

    public void Accept(SessionStream stream)
    {
        if (!_quota.TryEnter(stream.Kind))
        {
            stream.Refuse(new(StreamEndCode.TooMany, $"the manager serves no more {stream.Kind} streams to this session"));
            return;
        }

        metrics.StreamStarted(stream.Kind);
        tasks.Run(() => ServeAsync(stream));
    }

    private async Task ServeAsync(SessionStream stream)
    {
        try
        {
            await services.ServeAsync(this, stream, stopping);
        }
        finally
        {
            metrics.StreamEnded(stream.Kind);
            _quota.Leave(stream.Kind);
        }
    }
}
