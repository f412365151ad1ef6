namespace Landline.Daemon.Attachments;

/// <summary>
/// How long one flow of datagrams lasts: until nothing has come from either side for a while, or until a newer flow needs its
/// place. Made by <see cref="FlowPlaces"/>; to be disposed when the flow has ended, which gives the place back.
/// </summary>
internal sealed class FlowLife : IDisposable
{
    /// <summary>UDP has no end. As long as the agent and the packet engine keep a flow.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    private readonly FlowPlaces _places;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _over;
    private int _questions;
    private int _answers;
    private long _lastHeard;

    public FlowLife(FlowPlaces places, TimeSpan patience, TimeProvider time)
    {
        (_places, _time, _over, _lastHeard) = (places, time, new CancellationTokenSource(patience, time), time.GetTimestamp());
        Over = _over.Token;
    }

    /// <summary>Canceled when the flow is to end.</summary>
    public CancellationToken Over { get; }

    /// <summary>One question and its answer: most likely nothing follows, as with names, whose clients ask from a new port each time.</summary>
    public bool IsAnswered => Volatile.Read(ref _questions) == 1 && Volatile.Read(ref _answers) > 0;

    /// <summary>When a datagram came last, from either side: <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long LastHeard => Volatile.Read(ref _lastHeard);

    /// <summary>A datagram came from the side that began the flow.</summary>
    public void HearQuestion() => Hear(ref _questions);

    /// <summary>A datagram came from the other side.</summary>
    public void HearAnswer() => Hear(ref _answers);

    public void End()
    {
        try
        {
            // On another thread: what the flow does at its end must not hold up a newer one. Nobody waits for it but who serves it.
            _ = _over.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    public void Dispose()
    {
        _places.GiveBack(this);
        _over.Dispose();
    }

    private void Hear(ref int count)
    {
        Interlocked.Increment(ref count);
        Volatile.Write(ref _lastHeard, _time.GetTimestamp());
        _over.CancelAfter(LongestSilence);
    }
}
