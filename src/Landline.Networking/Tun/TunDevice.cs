using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Landline.Networking.Interop;

namespace Landline.Networking.Tun;

/// <summary>
/// A TUN interface: reads and writes frames, each a vnet header (if the device has them) and an IP packet. The
/// interface lives as long as somebody, here or in another process, has its descriptor open; then the kernel removes
/// it with its addresses and routes. Reads and writes never wait. One thread reads; any thread may write.
/// </summary>
public sealed class TunDevice : IDisposable
{
    /// <summary>The largest IP packet there is, and its vnet header. A shorter buffer would cut frames.</summary>
    public const int LargestFrameBytes = VnetHeader.Bytes + 65_536;

    private TunDevice(FileDescriptor descriptor, bool hasVnetHeaders)
    {
        Descriptor = descriptor;
        HasVnetHeaders = hasVnetHeaders;
    }

    /// <summary>Non-blocking; to be watched, or handed to another process, which wraps it. Owned by this object.</summary>
    public FileDescriptor Descriptor { get; }

    public bool HasVnetHeaders { get; }

    /// <summary>What to leave free before a packet that is to be written: <see cref="VnetHeader.Bytes"/> or 0.</summary>
    public int HeaderBytes => HasVnetHeaders ? VnetHeader.Bytes : 0;

    /// <summary>Makes a new interface, with vnet headers and offloads as far as this kernel has them. It is down and has no address.</summary>
    /// <param name="name">Interface name, at most 15 ASCII characters. Must not exist already.</param>
    /// <exception cref="Win32Exception">The kernel refused: for want of CAP_NET_ADMIN (EPERM), or the name is taken (EBUSY).</exception>
    public static TunDevice Create(string name)
    {
        if (name.Length is 0 or >= InterfaceRequest.NameBytes || !Ascii.IsValid(name))
        {
            throw new ArgumentException($"'{name}' is not an interface name.", nameof(name));
        }

        FileDescriptor tun = Check(Libc.open("/dev/net/tun", Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC));
        try
        {
            bool vnetHeaders = TryAttach(tun, name, Libc.IFF_VNET_HDR);
            if (!vnetHeaders && !TryAttach(tun, name, 0))
            {
                throw new Win32Exception(Libc.EINVAL);
            }

            if (vnetHeaders)
            {
                EnableOffloads(tun);
            }

            return Wrap(tun, vnetHeaders);
        }
        catch
        {
            tun.Dispose();
            throw;
        }
    }

    /// <summary>Takes over the descriptor of an interface that another process made.</summary>
    /// <param name="vnetHeaders"><see cref="HasVnetHeaders"/> as the maker saw it.</param>
    public static TunDevice Wrap(FileDescriptor descriptor, bool vnetHeaders)
    {
        int flags = Libc.fcntl(descriptor, Libc.F_GETFL, 0);
        ThrowIfNegative(flags);
        ThrowIfNegative(Libc.fcntl(descriptor, Libc.F_SETFL, flags | Libc.O_NONBLOCK));
        return new TunDevice(descriptor, vnetHeaders);
    }

    /// <summary>The size of a frame in bytes, or 0 when none waits.</summary>
    /// <exception cref="Win32Exception">The interface is gone (EBADFD) or down (EIO).</exception>
    public int TryRead(Span<byte> frame)
    {
        nint size;
        while ((size = Libc.read(Descriptor, frame, (nuint)frame.Length)) < 0)
        {
            ThrowUnless(Libc.EAGAIN, Libc.EINTR);
            if (Marshal.GetLastPInvokeError() == Libc.EAGAIN)
            {
                return 0;
            }
        }

        return (int)size;
    }

    /// <summary>
    /// Hands one frame to the machine. False = the kernel did not take it (interface down, malformed, no memory): the
    /// network has lost a packet, as networks do.
    /// </summary>
    public bool TryWrite(ReadOnlySpan<byte> frame) => Libc.write(Descriptor, frame, (nuint)frame.Length) == frame.Length;

    public void Dispose() => Descriptor.Dispose();

    // False = the kernel does not know these flags.
    private static unsafe bool TryAttach(FileDescriptor tun, string name, short extraFlags)
    {
        var request = new InterfaceRequest
        {
            Flags = (short)(Libc.IFF_TUN | Libc.IFF_NO_PI | Libc.IFF_TUN_EXCL | extraFlags),
        };
        Encoding.ASCII.GetBytes(name, new Span<byte>(request.Name, InterfaceRequest.NameBytes));
        if (Libc.ioctl(tun, Libc.TUNSETIFF, ref request) >= 0)
        {
            return true;
        }

        ThrowUnless(Libc.EINVAL);
        return false;
    }

    // Before Linux 6.2 there is no segmentation offload for UDP. A device that refuses both sets still works: then
    // each frame is one packet with complete checksums.
    private static void EnableOffloads(FileDescriptor tun)
    {
        const nuint Tcp = Libc.TUN_F_CSUM | Libc.TUN_F_TSO4 | Libc.TUN_F_TSO6;
        if (Libc.ioctl(tun, Libc.TUNSETOFFLOAD, Tcp | Libc.TUN_F_USO4 | Libc.TUN_F_USO6) < 0)
        {
            _ = Libc.ioctl(tun, Libc.TUNSETOFFLOAD, Tcp);
        }
    }

    // Called before anything else can overwrite errno.
    private static FileDescriptor Check(FileDescriptor descriptor) =>
        descriptor.IsInvalid ? throw new Win32Exception(Marshal.GetLastPInvokeError()) : descriptor;

    private static void ThrowIfNegative(nint result)
    {
        if (result < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    private static void ThrowUnless(params ReadOnlySpan<int> expected)
    {
        int error = Marshal.GetLastPInvokeError();
        if (!expected.Contains(error))
        {
            throw new Win32Exception(error);
        }
    }
}
