namespace Landline.Protocol.Sessions;

/// <summary>
/// When a silent link is asked for a sign of life and when it is given up. The defaults notice a dead link within
/// 10 s; with 500 ms a manager knows within 1.5 s.
/// </summary>
/// <param name="Interval">After this much silence from the peer a ping is sent, and again at each interval.</param>
/// <param name="DeadAfter">After this much silence the link is closed and the session waits for a new one.</param>
public sealed record KeepAlive(TimeSpan Interval, TimeSpan DeadAfter)
{
    public static KeepAlive Default { get; } = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8));
}
