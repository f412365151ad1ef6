using Landline.Kubernetes.Configuration;

namespace Landline.Kubernetes.Authentication;

/// <summary>
/// Runs an exec plug-in when its answer is needed, once for all who wait, and keeps the answer until it expires or is
/// refused. A run belongs to nobody who waits: a dial that gives up after seconds must not close the browser window in
/// which its user is logging in. Any thread may call anything.
/// </summary>
/// <param name="says">Gets what the plug-in says to its user, on any thread. Must not throw.</param>
internal sealed class ExecLogin(ExecPlugin plugin, Action<string> says, TimeProvider time) : IDisposable
{
    // After a failure there is a pause as long as the run was, so that whoever does not log in has not always a login before him.
    // Within these limits: a plug-in fails at once where the network is gone, and must be asked soon after it is back.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _lock = new();
    private Task<Outcome>? _running;
    private ExecCredential? _kept;
    private Outcome? _failed;
    private DateTimeOffset _pauseEnds;

    /// <exception cref="KubernetesConfigurationException">The plug-in failed, now or a moment ago.</exception>
    public async Task<ExecCredential> GetAsync(CancellationToken cancellationToken)
    {
        Task<Outcome> running;
        lock (_lock)
        {
            DateTimeOffset now = time.GetUtcNow();
            if (_kept is not null && !(_kept.ExpiresAt <= now))
            {
                return _kept;
            }

            if (_failed is not null && now < _pauseEnds)
            {
                return _failed.AnswerOrThrow();
            }

            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            running = _running ??= Task.Run(RunAsync, CancellationToken.None);
        }

        return (await running.WaitAsync(cancellationToken)).AnswerOrThrow();
    }

    /// <summary>The API server refused these.</summary>
    public void Forget(RequestCredentials refused)
    {
        lock (_lock)
        {
            // Another request may have had the plug-in run since: its answer has not been refused.
            if (_kept is not null
                && _kept.Token == refused.Authorization?.Parameter
                && (_kept.Certificate is null || _kept.Certificate == refused.Certificate))
            {
                _kept = null;
            }
        }
    }

    /// <summary>Ends a run: whoever waits for it is told that it was cancelled.</summary>
    public void Dispose() => _disposed.Cancel();

    // Its failure is a value, because there may be nobody left to observe an exception.
    private async Task<Outcome> RunAsync()
    {
        long begin = time.GetTimestamp();
        Outcome? outcome = null;
        try
        {
            return outcome = new Outcome(await ExecPluginRunner.RunAsync(plugin, says, time, _disposed.Token), null);
        }
        catch (Exception e) when (e is KubernetesConfigurationException or OperationCanceledException)
        {
            return outcome = new Outcome(null, e);
        }
        finally
        {
            // Whatever has ended it: the next who asks has the plug-in run again.
            lock (_lock)
            {
                _running = null;
                _kept = outcome?.Answer;
                _failed = outcome?.Failure is null ? null : outcome;
                TimeSpan pause = TimeSpan.FromTicks(Math.Clamp(time.GetElapsedTime(begin).Ticks, ShortestPause.Ticks, LongestPause.Ticks));
                _pauseEnds = time.GetUtcNow() + pause;
            }
        }
    }

    /// <summary>How a run ended: with one of the two.</summary>
    private sealed record Outcome(ExecCredential? Answer, Exception? Failure)
    {
        public ExecCredential AnswerOrThrow() => Answer ?? throw ToThrow();

        // A new one for each who waits: a thrown exception carries its thrower's stack.
        private Exception ToThrow() => Failure is KubernetesConfigurationException e
            ? new KubernetesConfigurationException(e.Message, e.Hint, e)
            : new OperationCanceledException("The exec plug-in was ended with the client that it ran for.", Failure);
    }
}
