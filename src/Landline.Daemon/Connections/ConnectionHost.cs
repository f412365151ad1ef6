using Landline.Daemon.Api;
using Landline.Daemon.Attachments;
using Landline.Daemon.Errors;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>
/// The daemon's one connection and where it is in its life:
/// <code>
/// (none) ─ connect → Connecting ─ done → Connected ─ quit → Disconnecting → finished
///                        │                   │ lost
///                        └ failed → finished └→ Failed ─ connect → Connecting, or quit → finished
/// </code>
/// A failed attempt finishes the daemon, so that nothing is left behind; a connection that stood and was lost keeps
/// it, so that <c>landline status</c> can say why. Any thread may call anything.
/// </summary>
internal sealed class ConnectionHost(
    string name, IConnectionOpener opener, TimeProvider time, ILogger logger) : IConnectionHost, IAsyncDisposable
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly CancellationTokenSource _quit = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ConnectionInfo? _fixedState;
    private volatile IOpenConnection? _connection;
    private volatile ConnectRequest? _request;
    private volatile ConnectionHolds _holds = new();
    private Task _watching = Task.CompletedTask;

    /// <summary>Completes with the first request, whatever becomes of it.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Completes when there is nothing left to do for this process.</summary>
    public Task Finished => _finished.Task;

    public DaemonStatus Status
    {
        get
        {
            IOpenConnection? connection = _connection;
            ConnectionInfo? info = _fixedState ?? connection?.Describe();
            return new DaemonStatus(
                ProductVersion.Text,
                Environment.ProcessId,
                info is null ? null : info with { Name = name, DaemonProcessId = Environment.ProcessId },
                connection?.Warnings() ?? []);
        }
    }

    public Task<string> Over => _connection?.Lost ?? Task.FromResult("there is none");

    public AttachmentSet Attachments =>
        (_fixedState is null ? _connection?.Attachments : null) ?? throw DaemonErrors.NotConnected();

    public async Task<ConnectedEvent> ConnectAsync(
        ConnectRequest request, Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        _asked.TrySetResult();
        if (!await _changing.WaitAsync(TimeSpan.Zero, CancellationToken.None))
        {
            throw Busy(_fixedState?.Status ?? ConnectionState.Connecting);
        }

        try
        {
            if (_connection is not null && _fixedState is null)
            {
                return AlreadyStands(request);
            }

            if (!_holds.TryEnd())
            {
                throw Busy(ConnectionState.Disconnecting);
            }

            _holds = new ConnectionHolds();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _quit.Token);
            await OpenAsync(request, report, either.Token);
            return Join(request, alreadyConnected: false);
        }
        finally
        {
            _changing.Release();
        }
    }

    public async Task<bool> ReleaseAsync(string hold)
    {
        if (!_holds.Release(hold))
        {
            return false;
        }

        // The caller may go away; what was begun is ended all the same.
        await DisconnectAsync(CancellationToken.None);
        return true;
    }

    public async Task DisconnectAsync(CancellationToken cancellationToken)
    {
        // Breaks off an attempt that is under way.
        await _quit.CancelAsync();
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (_connection is { } connection)
            {
                SetState(ConnectionState.Disconnecting, connection.Describe(), reason: null);
                await connection.DisposeAsync();
                _connection = null;
                _fixedState = null;
            }
        }
        finally
        {
            _changing.Release();
            _finished.TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync(CancellationToken.None);
        await _watching;
        _quit.Dispose();
        _changing.Dispose();
    }

    private ConnectedEvent AlreadyStands(ConnectRequest request) => request.AsksForTheSameAs(_request!)
        ? Join(request, alreadyConnected: true)
        : throw DaemonErrors.ConnectionDiffers(name, ConnectDifference.Between(_request!, request));

    private ConnectedEvent Join(ConnectRequest request, bool alreadyConnected) => _holds.TryJoin(request.Hold, out string? hold)
        ? new ConnectedEvent(Status.Connection!, alreadyConnected, hold)
        : throw Busy(ConnectionState.Disconnecting);

    private UserErrorException Busy(ConnectionState state) =>
        DaemonErrors.ConnectionBusy(name, state.ToString().ToLowerInvariant());

    private async Task OpenAsync(
        ConnectRequest request, Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        var beginning = new ConnectionInfo
        {
            Name = name,
            Status = ConnectionState.Connecting,
            StatusSince = time.GetUtcNow(),
            Context = request.Context,
            Kubeconfig = request.Kubeconfig,
            KubeconfigFile = request.KubeconfigFile,
            ActAs = request.ActAs,
            Namespace = request.Namespace,
            ManagerNamespace = request.ManagerNamespace,
        };
        _request = request;
        _fixedState = beginning;
        try
        {
            IOpenConnection connection = await opener.OpenAsync(request, report, cancellationToken);
            _connection = connection;
            _fixedState = null;
            _watching = WatchAsync(connection);
        }
        catch (OperationCanceledException) when (_quit.IsCancellationRequested)
        {
            throw DaemonErrors.ConnectionEnded(name, "it was told to quit while it connected");
        }
        finally
        {
            if (_connection is null)
            {
                _fixedState = null;
                _finished.TrySetResult();
            }
        }
    }

    private async Task WatchAsync(IOpenConnection connection)
    {
        string reason = await connection.Lost;
        await _changing.WaitAsync(CancellationToken.None);
        try
        {
            if (_connection != connection)
            {
                return;
            }

            logger.Lost(reason);
            ConnectionInfo last = connection.Describe();
            await connection.DisposeAsync();
            _connection = null;
            SetState(ConnectionState.Failed, last, reason);
        }
        catch (UserErrorException e)
        {
            logger.PutBackFailed(e.Message);
        }
        finally
        {
            _changing.Release();
        }
    }

    private void SetState(ConnectionState state, ConnectionInfo last, string? reason) => _fixedState = last with
    {
        Status = state,
        StatusSince = time.GetUtcNow(),
        Reason = reason,
        Session = null,
        Dns = null,
        Subnets = state == ConnectionState.Failed ? [] : last.Subnets,
        Attachments = [],
    };
}
