namespace Landline.Protocol.Sessions;

/// <summary>
/// What a link's pings tell: an average for people to read, and the shortest of late for sizing windows, since only the
/// shortest is free of queues. The shortest is forgotten after some time: a link may outlive its path, say when a VPN comes up.
/// Guarded by the session's gate.
/// </summary>
internal sealed class RoundTripTimes
{
    /// <summary>At one ping in two seconds the shortest is of the last 10 to 20 s.</summary>
    private const int SamplesOfAnEpoch = 5;

    private int _samples;
    private TimeSpan _shortestOfThisEpoch;
    private TimeSpan _shortestBefore;

    /// <summary>Zero = not known yet.</summary>
    public TimeSpan Average { get; private set; }

    /// <summary>Zero = not known yet.</summary>
    public TimeSpan Shortest { get; private set; }

    /// <summary>For a new link. What is known stays until its first ping is answered.</summary>
    public void Restart() => _samples = 0;

    public void Add(TimeSpan sample)
    {
        Average = _samples == 0 ? sample : (Average * 0.875) + (sample * 0.125);
        if (_samples % SamplesOfAnEpoch == 0)
        {
            _shortestBefore = _samples == 0 ? sample : _shortestOfThisEpoch;
            _shortestOfThisEpoch = sample;
        }

        _samples++;
        _shortestOfThisEpoch = Shorter(_shortestOfThisEpoch, sample);
        Shortest = Shorter(_shortestBefore, _shortestOfThisEpoch);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
