using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>How many streams of each kind one workstation may have open at once. Thread-safe.</summary>
internal sealed class StreamQuota
{
    private const int Kinds = 8;
    private readonly int[] _open = new int[Kinds];

    /// <summary>False = no more; otherwise <see cref="Leave"/> when the stream is over.</summary>
    public bool TryEnter(StreamKind kind)
    {
        int most = MostOf(kind);
        if (most == 0)
        {
            return false;
        }

        if (Interlocked.Increment(ref _open[(int)kind]) <= most)
        {
            return true;
        }

        Leave(kind);
        return false;
    }

    public void Leave(StreamKind kind) => Interlocked.Decrement(ref _open[(int)kind]);

    /// <summary>
    /// TCP: two thirds of the ports that the manager's pod has towards one target. UDP and echo: a session's share of
    /// memory for datagrams that wait. The rest: as many as a correct daemon needs, and a few for overlap.
    /// </summary>
    private static int MostOf(StreamKind kind) => kind switch
    {
        StreamKind.Tcp => 20_000,
        StreamKind.Udp => 4_096,
        StreamKind.Echo => 256,
        StreamKind.Dns => 4,
        StreamKind.Control => 2,
        StreamKind.Workload => 1_024,
        _ => 0,
    };
}
