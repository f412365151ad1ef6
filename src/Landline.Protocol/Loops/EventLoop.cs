using System.Runtime.InteropServices;
using Landline.Protocol.Interop;
using Landline.Protocol.Sessions;
using Microsoft.Win32.SafeHandles;

namespace Landline.Protocol.Loops;

/// <summary>
/// One thread that waits for descriptors and goes on, itself, with whatever waited for them: a byte crosses this process
/// without being handed from thread to thread, each of which would have to be woken first (20 to 50 us on a busy
/// machine). A loop lives as long as the process. Nothing that runs on its thread may block.
/// <para>
/// A round: take the events, go on with each, go on with what has asked for another turn, then send what each session
/// has gathered meanwhile, in one write.
/// </para>
/// </summary>
public sealed class EventLoop
{
    // The manager's sessions are spread over as many; a workstation has one session and uses one loop.
    private const int MostLoops = 4;
    private const ulong WakeKey = ulong.MaxValue;

    private static readonly EventLoop?[] Loops = new EventLoop?[Math.Min(Environment.ProcessorCount, MostLoops)];
    private static int s_next = -1;

    private readonly Epoll _epoll = new();
    private readonly SafeFileHandle _wake = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly Stack<int> _freeSlots = new();
    private Readiness?[] _watched = new Readiness?[64];
    private List<ILoopWork> _nextRound = [];
    private List<ILoopWork> _thisRound = [];
    private int _usedSlots;
    private uint _generation;
    private bool _waits;

    private EventLoop()
    {
        _epoll.Add(_wake, EpollEvents.Readable | EpollEvents.EdgeTriggered, WakeKey);
        _thread = new Thread(Run) { IsBackground = true, Name = "event loop" };
        _thread.UnsafeStart();
    }

    /// <summary>The loop of a process that has one session.</summary>
    public static EventLoop Main => Get(0);

    /// <summary>For a session among many: each loop in turn.</summary>
    public static EventLoop Next() => Get((int)((uint)Interlocked.Increment(ref s_next) % (uint)Loops.Length));

    /// <summary>
    /// Watches a non-blocking descriptor, edge-triggered, until the result is disposed. That must come before the
    /// descriptor is closed.
    /// </summary>
    public Readiness Watch(SafeHandle descriptor)
    {
        Readiness readiness;
        lock (_gate)
        {
            if (!_freeSlots.TryPop(out int slot))
            {
                slot = _usedSlots++;
                if (slot == _watched.Length)
                {
                    Array.Resize(ref _watched, slot * 2);
                }
            }

            readiness = new Readiness(this, descriptor, ((ulong)++_generation << 32) | (uint)slot);
            _watched[slot] = readiness;
        }

        try
        {
            _epoll.Add(
                descriptor,
                EpollEvents.Readable | EpollEvents.Writable | EpollEvents.PeerEnded | EpollEvents.EdgeTriggered,
                readiness.Key);
        }
        catch
        {
            Free(readiness);
            throw;
        }

        return readiness;
    }

    internal bool IsCurrent => Thread.CurrentThread == _thread;

    internal void RunNextRound(ILoopWork work)
    {
        bool wake;
        lock (_gate)
        {
            _nextRound.Add(work);
            wake = _waits;
            _waits = false;
        }

        if (wake)
        {
            _ = Libc.write(_wake, 1UL, sizeof(ulong));
        }
    }

    internal void Forget(Readiness readiness)
    {
        try
        {
            _epoll.Remove(readiness.Descriptor);
        }
        catch (ObjectDisposedException)
        {
            // Closed already, and forgotten by the kernel with that.
        }

        Free(readiness);
    }

    private static EventLoop Get(int index)
    {
        lock (Loops)
        {
            return Loops[index] ??= new EventLoop();
        }
    }

    private void Free(Readiness readiness)
    {
        lock (_gate)
        {
            int slot = (int)(uint)readiness.Key;
            _watched[slot] = null;
            _freeSlots.Push(slot);
        }
    }

    private void Run()
    {
        while (true)
        {
            int count = _epoll.Wait(forever: BeginWait());
            bool ownsBatch = PumpBatch.TryBegin();
            for (int i = 0; i < count; i++)
            {
                EpollEvents events = _epoll.EventsOf(i, out ulong key);
                if (key == WakeKey)
                {
                    ulong wakes = 0;
                    _ = Libc.read(_wake, ref wakes, sizeof(ulong));
                }
                else if (Find(key) is { } readiness)
                {
                    readiness.OnEvents(events);
                }
            }

            RunRound();
            if (ownsBatch)
            {
                PumpBatch.End();
            }
        }
    }

    private bool BeginWait()
    {
        lock (_gate)
        {
            return _waits = _nextRound.Count == 0;
        }
    }

    private void RunRound()
    {
        lock (_gate)
        {
            _waits = false;
            (_thisRound, _nextRound) = (_nextRound, _thisRound);
        }

        foreach (ILoopWork work in _thisRound)
        {
            work.Run();
        }

        _thisRound.Clear();
    }

    // Null = removed since the kernel reported it.
    private Readiness? Find(ulong key)
    {
        Readiness? readiness = Volatile.Read(ref _watched)[(int)(uint)key];
        return readiness?.Key == key ? readiness : null;
    }
}
