using Landline.Kubernetes.Requests;

namespace Landline.Daemon.Connections;

/// <summary>
/// For how long the manager may not have heard of this workstation, as the clock on the wall counts: a machine that slept
/// was away, though its monotonic clock stood still. On a machine that was paused both stood still, and only the API
/// server's clock tells. Any thread may call anything.
/// </summary>
internal sealed class WorkstationAbsence(TimeProvider time, ServerClock server)
{
    /// <summary>A link that lives is heard of every two seconds (<see cref="Protocol.Sessions.KeepAlive.Default"/>).</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(3);

    /// <summary>Between two looks: more than that, and the machine slept or this process did.</summary>
    private static readonly TimeSpan LongestInterval = LookInterval * 2;

    private readonly Lock _lock = new();
    private DateTimeOffset _there = time.GetUtcNow();
    private DateTimeOffset _looked = time.GetUtcNow();
    private long _thereAt = time.GetTimestamp();

    // At the last End: the question that comes before a new link has been answered a moment ago.
    private (DateTimeOffset? Time, long At) _onServer;

    public TimeSpan Length
    {
        get
        {
            lock (_lock)
            {
                return time.GetUtcNow() - _there;
            }
        }
    }

    /// <summary>Up to the API server's latest answer, by its own clock; null: it has not said what time it is.</summary>
    public TimeSpan? LengthOnServer
    {
        get
        {
            lock (_lock)
            {
                return server.Latest - (_onServer.Time + time.GetElapsedTime(_onServer.At, _thereAt));
            }
        }
    }

    /// <summary>The manager has just heard of it.</summary>
    public void End()
    {
        lock (_lock)
        {
            _there = _looked = time.GetUtcNow();
            _thereAt = time.GetTimestamp();
            _onServer = (server.Now, _thereAt);
        }
    }

    /// <summary>To be called at each <see cref="LookInterval"/>.</summary>
    /// <param name="silentFor">Since the last byte from the manager; null: there is no link.</param>
    public void Look(TimeSpan? silentFor)
    {
        lock (_lock)
        {
            DateTimeOffset now = time.GetUtcNow();
            bool slept = now - _looked > LongestInterval;
            _looked = now;

            // Right after a sleep the link seems to have been heard of a moment ago. At the next look it has, or it is dead.
            if (!slept && silentFor < LookInterval)
            {
                _there = now - silentFor.Value;
                _thereAt = time.GetTimestamp() - (long)(silentFor.Value.TotalSeconds * time.TimestampFrequency);
            }
        }
    }
}
