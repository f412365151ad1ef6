using System.ComponentModel;
using System.Runtime.InteropServices;
using Landline.Protocol.Interop;

namespace Landline.Protocol.Loops;

/// <summary>What the kernel reported about a descriptor; the bits are epoll's.</summary>
[Flags]
internal enum EpollEvents : uint
{
    Readable = 0x1,
    Writable = 0x4,
    Error = 0x8,
    HungUp = 0x10,
    PeerEnded = 0x2000,
    EdgeTriggered = 1u << 31,
}

/// <summary>
/// One epoll descriptor, which lives as long as the process. One thread waits; any thread adds and removes.
/// <code>
/// struct epoll_event: u32 events | u64 data      12 bytes on x86-64, elsewhere 16 with 4 bytes between the two
/// </code>
/// </summary>
internal sealed unsafe class Epoll
{
    private const int MostEvents = 256;

    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventBytes - sizeof(ulong);

    private readonly int _descriptor = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
    private readonly byte* _events = (byte*)NativeMemory.Alloc(MostEvents, (nuint)EventBytes);

    public void Add(SafeHandle descriptor, EpollEvents events, ulong key)
    {
        byte* @event = stackalloc byte[EventBytes];
        *(uint*)@event = (uint)events;
        *(ulong*)(@event + DataOffset) = key;
        if (Libc.epoll_ctl(_descriptor, Libc.EPOLL_CTL_ADD, descriptor, @event) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>To be called while the descriptor is open: its number may be somebody else's afterwards.</summary>
    public void Remove(SafeHandle descriptor)
    {
        byte* @event = stackalloc byte[EventBytes];
        _ = Libc.epoll_ctl(_descriptor, Libc.EPOLL_CTL_DEL, descriptor, @event);
    }

    /// <summary>Waits for events, for ever or not at all, and returns how many there are.</summary>
    public int Wait(bool forever)
    {
        int count = Libc.epoll_wait(_descriptor, _events, MostEvents, forever ? -1 : 0);
        return count >= 0 ? count
            : Marshal.GetLastPInvokeError() == Libc.EINTR ? 0
            : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Of the last <see cref="Wait"/>.</summary>
    public EpollEvents EventsOf(int index, out ulong key)
    {
        byte* @event = _events + (index * EventBytes);
        key = *(ulong*)(@event + DataOffset);
        return (EpollEvents)(*(uint*)@event);
    }
}
