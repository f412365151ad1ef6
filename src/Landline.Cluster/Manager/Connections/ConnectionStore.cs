using Landline.Cluster.Manager.Watching;
using Landline.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Connections;

/// <summary>The Connections of all namespaces, as of a moment ago.</summary>
internal sealed class ConnectionStore(KubernetesClient client, TimeProvider timeProvider, ILogger logger)
{
    private readonly KubernetesClient _client = client;
    private readonly TimeProvider _timeProvider = timeProvider;

    public WatchedSet<ConnectionObject, ConnectionObject> Objects { get; } =
        new(client, ConnectionObject.Type, static item => item, timeProvider, logger);

    /// <summary>
    /// The Connection, which may have been made so recently that it has not come yet: waits for it, then asks. Null =
    /// there is none, or it is being deleted.
    /// </summary>
    public async Task<ConnectionObject?> FindAsync(ObjectKey key, TimeSpan patience, CancellationToken cancellationToken)
    {
        ConnectionObject? found = Objects.Find(key)
            ?? await WaitAsync(key, patience, cancellationToken)
            ?? await _client.FindAsync(ConnectionObject.Type, key.Namespace, key.Name, cancellationToken);
        return found?.Metadata.DeletionTimestamp is null ? found : null;
    }

    private async Task<ConnectionObject?> WaitAsync(ObjectKey key, TimeSpan patience, CancellationToken cancellationToken)
    {
        var arrived = new TaskCompletionSource<ConnectionObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnChanged(ObjectKey changed, ConnectionObject? before, ConnectionObject? after)
        {
            if (changed == key && after is not null)
            {
                arrived.TrySetResult(after);
            }
        }

        Objects.Changed += OnChanged;
        try
        {
            return Objects.Find(key) ?? await arrived.Task.WaitAsync(patience, _timeProvider, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            Objects.Changed -= OnChanged;
        }
    }
}
