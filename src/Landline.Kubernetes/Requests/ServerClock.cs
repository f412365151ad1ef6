namespace Landline.Kubernetes.Requests;

/// <summary>
/// What time it is for the API server, by the Date of its answers: this machine's clock may be wrong, and stands still while
/// the machine is paused. Any thread may call anything.
/// </summary>
public sealed class ServerClock(TimeProvider time)
{
    private readonly Lock _lock = new();
    private DateTimeOffset? _latest;
    private long _answered;

    /// <summary>When the latest answer was given; to the second. Null: no answer has said so yet.</summary>
    public DateTimeOffset? Latest
    {
        get
        {
            lock (_lock)
            {
                return _latest;
            }
        }
    }

    /// <summary>Now, as far as this machine has not stood still since the latest answer.</summary>
    public DateTimeOffset? Now
    {
        get
        {
            lock (_lock)
            {
                return _latest + time.GetElapsedTime(_answered);
            }
        }
    }

    /// <param name="date">Of an answer that has just come; null where somebody on the way has left it out.</param>
    public void See(DateTimeOffset? date)
    {
        lock (_lock)
        {
            if (date is not null)
            {
                (_latest, _answered) = (date, time.GetTimestamp());
            }
        }
    }
}
