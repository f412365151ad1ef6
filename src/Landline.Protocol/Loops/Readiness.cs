using System.Runtime.InteropServices;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Loops;

/// <summary>
/// What an <see cref="EventLoop"/> knows of one descriptor. Edge-triggered: whoever waits has tried before and was told
/// that there is nothing; a wait may also end without need. One task waits for each direction, and goes on inside the
/// loop's thread.
/// </summary>
public sealed class Readiness : IDisposable, ILoopWork
{
    private readonly EventLoop _loop;
    private readonly WakeSignal _readable = new() { RunsInline = true };
    private readonly WakeSignal _writable = new() { RunsInline = true };
    private volatile bool _hasHungUp;
    private int _disposed;

    internal Readiness(EventLoop loop, SafeHandle descriptor, ulong key)
    {
        _loop = loop;
        Descriptor = descriptor;
        Key = key;
    }

    /// <summary>
    /// The peer has ended its direction or the connection is broken. No event will follow, so that a read which got less
    /// than it asked for does not mean that the next one has to wait.
    /// </summary>
    public bool HasHungUp => _hasHungUp;

    internal SafeHandle Descriptor { get; }

    internal ulong Key { get; }

    /// <exception cref="ObjectDisposedException">It was disposed before; a wait that disposing ends returns.</exception>
    public ValueTask WaitReadableAsync()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return _readable.WaitAsync();
    }

    /// <exception cref="ObjectDisposedException">As for reading.</exception>
    public ValueTask WaitWritableAsync()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return _writable.WaitAsync();
    }

    /// <summary>For a reader that could go on: lets the loop's other descriptors come first.</summary>
    /// <exception cref="ObjectDisposedException">As for reading.</exception>
    public ValueTask NextRoundAsync()
    {
        _loop.RunNextRound(this);
        return WaitReadableAsync();
    }

    /// <summary>Ends both waits, now or the next ones: something else than the descriptor wants to be looked at.</summary>
    public void Interrupt()
    {
        _readable.Set();
        _writable.Set();
    }

    /// <summary>Ends the watching and both waits; the next ones fail. To be called before the descriptor is closed.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _loop.Forget(this);
            Interrupt();
        }
    }

    internal void OnEvents(EpollEvents events)
    {
        if ((events & (EpollEvents.Error | EpollEvents.HungUp | EpollEvents.PeerEnded)) != 0)
        {
            _hasHungUp = true;
            Interrupt();
            return;
        }

        if ((events & EpollEvents.Readable) != 0)
        {
            _readable.Set();
        }

        if ((events & EpollEvents.Writable) != 0)
        {
            _writable.Set();
        }
    }

    void ILoopWork.Run() => _readable.Set();
}
