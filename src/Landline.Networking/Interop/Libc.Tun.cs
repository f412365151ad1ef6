using System.Runtime.InteropServices;

namespace Landline.Networking.Interop;

/// <summary>What <c>linux/if_tun.h</c> adds to ioctl(2).</summary>
internal static partial class Libc
{
    internal const nuint TUNSETIFF = 0x400454CA;
    internal const nuint TUNGETIFF = 0x800454D2;
    internal const nuint TUNSETOFFLOAD = 0x400454D0;
    internal const short IFF_TUN = 0x0001;
    internal const short IFF_NO_PI = 0x1000;
    internal const short IFF_VNET_HDR = 0x4000;
    internal const short IFF_TUN_EXCL = unchecked((short)0x8000);
    internal const nuint TUN_F_CSUM = 0x01;
    internal const nuint TUN_F_TSO4 = 0x02;
    internal const nuint TUN_F_TSO6 = 0x04;
    internal const nuint TUN_F_USO4 = 0x20;
    internal const nuint TUN_F_USO6 = 0x40;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(FileDescriptor fd, nuint request, ref InterfaceRequest argument);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(FileDescriptor fd, nuint request, nuint argument);
}

/// <summary><c>struct ifreq</c> with the members that TUNSETIFF reads: 16 bytes of name, then the flags.</summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
internal unsafe struct InterfaceRequest
{
    internal const int NameBytes = 16;

    public fixed byte Name[NameBytes];
    public short Flags;
}
