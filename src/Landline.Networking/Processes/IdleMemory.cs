using Landline.Networking.Interop;

namespace Landline.Networking.Processes;

/// <summary>
/// Gives memory back to the system when a burst of work is over. The garbage collector keeps what the burst needed until
/// the next collection, which comes with the next burst; malloc(3) keeps what was freed in its arenas; and pages of the program
/// stay mapped that only the burst has run. Costs a pause of some tens of milliseconds when nothing goes on.
/// </summary>
public sealed class IdleMemory : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Bytes: an interval in which less is allocated is idle. An agent that refreshes ten pods allocates a quarter of it.</summary>
    private const long Idle = 8 << 20;

    /// <summary>Bytes allocated since memory was given back last, from which on it is worth a pause: native memory goes with them.</summary>
    private const long Burst = 16 << 20;

    /// <summary>Bytes by which the heap has grown since then, as well. As many as the youngest objects may be together.</summary>
    private const long Growth = 4 << 20;

    private readonly Action _discard;
    private readonly ITimer _timer;
    private ProgramPages? _pages;
    private long _before;
    private long _given;
    private long _heap;

    /// <summary>Until it is disposed.</summary>
    /// <param name="discard">Lets go of what is kept only to be used again.</param>
    public IdleMemory(Action discard, TimeProvider timeProvider)
    {
        _discard = discard;
        _timer = timeProvider.CreateTimer(_ => Look(), null, Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    // One at a time: it takes far less than an interval.
    private void Look()
    {
        long allocated = GC.GetTotalAllocatedBytes();
        bool isWorthIt = allocated - _given > Burst || GC.GetTotalMemory(forceFullCollection: false) - _heap > Growth;
        bool isIdle = allocated - _before < Idle;
        if (isIdle && isWorthIt)
        {
            _discard();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            _ = Libc.malloc_trim(0);
            allocated = GC.GetTotalAllocatedBytes();
            _given = allocated;
            _heap = GC.GetTotalMemory(forceFullCollection: false);
            _pages = ProgramPages.Find();
        }
        else if (isIdle)
        {
            _pages?.Release();
            _pages = null;
        }

        _before = allocated;
    }
}
