using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>
/// Follows a session's state for the status, the log (a line for each transition, none for repetitions) and for how long
/// the workstation is away.
/// </summary>
internal sealed class SessionWatch : IDisposable
{
    private readonly SessionClient _sessions;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WorkstationAbsence _absence;
    private readonly ITimer _looking;
    private readonly Lock _lock = new();
    private Guid _session;
    private bool _connected = true;
    private DateTimeOffset _since;

    public SessionWatch(SessionClient sessions, WorkstationAbsence absence, TimeProvider time, ILogger logger)
    {
        (_sessions, _absence, _time, _logger) = (sessions, absence, time, logger);
        (_session, _since) = (sessions.Current.Id, time.GetUtcNow());
        sessions.StateChanged += OnStateChanged;
        sessions.SessionReplaced += OnReplaced;
        absence.End();
        _looking = time.CreateTimer(
            static watch => ((SessionWatch)watch!).Look(), this, WorkstationAbsence.LookInterval, WorkstationAbsence.LookInterval);
    }

    /// <summary>What to show, since when, and while it is not connected, why.</summary>
    public (ConnectionState State, DateTimeOffset Since, string? Reason) State
    {
        get
        {
            lock (_lock)
            {
                return _connected
                    ? (ConnectionState.Connected, _since, null)
                    : (ConnectionState.Reconnecting, _since, Reason());
            }
        }
    }

    public void Dispose()
    {
        _sessions.StateChanged -= OnStateChanged;
        _sessions.SessionReplaced -= OnReplaced;
        _looking.Dispose();
    }

    private void Look() =>
        _absence.Look(_sessions.State == SessionState.Connected ? _sessions.Current.SilentFor : null);

    private void OnStateChanged(SessionClient sessions, SessionState state)
    {
        lock (_lock)
        {
            bool connected = state == SessionState.Connected;
            if (connected == _connected || state == SessionState.Ended)
            {
                return;
            }

            (_connected, _since) = (connected, _time.GetUtcNow());
            if (connected)
            {
                _absence.End();
                _logger.Reconnected(_sessions.Current.Id);
            }
            else
            {
                _logger.Reconnecting(Reason());
            }
        }
    }

    private void OnReplaced(Session session)
    {
        lock (_lock)
        {
            _logger.SessionReplaced(_session, session.Id);
            _session = session.Id;
        }
    }

    private string Reason() => _sessions.LastLinkError is { } error
        ? Errors.DaemonErrors.ReasonOf(error)
        : "the link is gone";
}
