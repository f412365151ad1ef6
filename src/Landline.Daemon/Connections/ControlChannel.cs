using System.Text.Json;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>
/// The control stream to the manager: one JSON message a line, both ways. When it ends, because the session was
/// replaced, it is opened again, and the manager tells everything anew. Messages are told of one after the other.
/// </summary>
internal sealed class ControlChannel : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterEnd = TimeSpan.FromMilliseconds(200);

    private readonly SessionClient _sessions;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<ClusterMessage> _firstCluster =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile JsonLines<ManagerMessage>? _lines;
    private volatile bool _managerKnowsNothing;
    private ClusterMessage? _cluster;
    private Task _reading = Task.CompletedTask;

    public ControlChannel(SessionClient sessions, TimeProvider time, ILogger logger) =>
        (_sessions, _time, _logger) = (sessions, time, logger);

    /// <summary>
    /// Raised for each message but those of later versions, and those about the cluster by a manager that knows nothing of
    /// it yet. A handler that waits holds up the next message.
    /// </summary>
    public event Func<ManagerMessage, CancellationToken, Task>? Received;

    /// <summary>Raised when a stream was opened after another had ended: whatever was said on that one may be lost.</summary>
    public event Action? Reopened;

    /// <summary>The manager has just started and says so: "no services" is not yet an answer.</summary>
    public bool ManagerKnowsNothing => _managerKnowsNothing;

    /// <summary>Completes when the manager has told what the cluster looks like.</summary>
    public Task<ClusterMessage> FirstCluster => _firstCluster.Task;

    public void Start() => _reading = Task.Run(() => ReadAsync(_stop.Token));

    /// <summary>False: there is no stream at the moment.</summary>
    public async Task<bool> TrySendAsync(ManagerMessage message, CancellationToken cancellationToken)
    {
        if (_lines is not { } lines)
        {
            return false;
        }

        try
        {
            await lines.WriteAsync(message, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _stop.Dispose();
    }

    private async Task ReadAsync(CancellationToken stop)
    {
        bool again = false;
        try
        {
            while (true)
            {
                await ReadStreamAsync(again, stop);
                again = true;
                await Task.Delay(PauseAfterEnd, _time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _firstCluster.TrySetCanceled(CancellationToken.None);
        }
    }

    private async Task ReadStreamAsync(bool again, CancellationToken stop)
    {
        try
        {
            SessionStream stream = await _sessions.Current.OpenAsync(StreamKind.Control, ReadOnlyMemory<byte>.Empty, stop);
            await using Stream bytes = stream.AsStream();
            using var lines = new JsonLines<ManagerMessage>(bytes, ProtocolJson.Default.ManagerMessage);
            _lines = lines;
            if (again)
            {
                Reopened?.Invoke();
            }

            while (await lines.ReadAsync(stop) is { } message)
            {
                await TakeAsync(message, stop);
            }

            _logger.ControlEnded("the manager ended it");
        }
        catch (Exception e) when (e is IOException or JsonException or ObjectDisposedException)
        {
            _logger.ControlEnded(e.Message);
        }
        finally
        {
            _lines = null;
        }
    }

    private async Task TakeAsync(ManagerMessage message, CancellationToken stop)
    {
        if (message is ClusterMessage cluster)
        {
            // Every cluster has a service and a namespace. Routes of before stay until there is something to put in their place.
            _managerKnowsNothing = cluster.ServiceSubnets.Count == 0 && cluster.Namespaces.Count == 0;
            if (_managerKnowsNothing)
            {
                _logger.ClusterUnknown();
                return;
            }

            message = _cluster = WithWhatWasKnown(cluster);
            _firstCluster.TrySetResult(_cluster);
        }

        foreach (var handler in Delegate.EnumerateInvocationList(Received))
        {
            await handler(message, stop);
        }
    }

    // A manager that has just started tells of each list as it gets it. None of them is ever empty in a cluster that it runs in.
    private ClusterMessage WithWhatWasKnown(ClusterMessage cluster) => _cluster is not { } before
        ? cluster
        : cluster with
        {
            ServiceSubnets = cluster.ServiceSubnets.Count > 0 ? cluster.ServiceSubnets : before.ServiceSubnets,
            PodSubnets = cluster.PodSubnets.Count > 0 ? cluster.PodSubnets : before.PodSubnets,
            Namespaces = cluster.Namespaces.Count > 0 ? cluster.Namespaces : before.Namespaces,
        };
}
