using System.Threading.Tasks.Sources;

namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>
/// Wakes the one task that waits for the end of an exchange. Used again for each wait, so that waiting allocates
/// nothing; its owner's lock orders <see cref="PrepareAsync"/> before <see cref="Set"/>.
/// </summary>
internal sealed class ExchangeSignal : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _source;

    public ValueTask PrepareAsync()
    {
        _source.Reset();
        return new ValueTask(this, _source.Version);
    }

    public void Set() => _source.SetResult(true);

    public void GetResult(short token) => _source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
