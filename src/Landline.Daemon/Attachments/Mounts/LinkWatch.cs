using Landline.Protocol.Sessions;

namespace Landline.Daemon.Attachments.Mounts;

/// <summary>Tells when the session's link has been away for so long that nobody should wait for files any more.</summary>
internal sealed class LinkWatch : IDisposable
{
    /// <summary>A change of networks takes some seconds; a program that waits much longer for a file looks broken.</summary>
    private static readonly TimeSpan LongestAway = TimeSpan.FromSeconds(10);

    private readonly SessionClient _sessions;
    private readonly TaskCompletionSource _awayTooLong = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _timer;

    public LinkWatch(SessionClient sessions, TimeProvider time)
    {
        _sessions = sessions;
        _timer = time.CreateTimer(
            static source => ((TaskCompletionSource)source!).TrySetResult(),
            _awayTooLong,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        sessions.StateChanged += OnStateChanged;
        OnStateChanged(sessions, sessions.State);
    }

    public Task AwayTooLong => _awayTooLong.Task;

    public void Dispose()
    {
        _sessions.StateChanged -= OnStateChanged;
        _timer.Dispose();
    }

    private void OnStateChanged(SessionClient sessions, SessionState state) => _timer.Change(
        state == SessionState.Connected ? Timeout.InfiniteTimeSpan : LongestAway, Timeout.InfiniteTimeSpan);
}
