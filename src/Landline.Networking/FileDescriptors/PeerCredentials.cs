using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Networking.Interop;

namespace Landline.Networking.FileDescriptors;

/// <summary>Who is at the other end of a Unix socket, as the kernel recorded it when they connected.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId)
{
    public static PeerCredentials Of(Socket socket)
    {
        PeerCredentials credentials = default;
        socket.GetRawSocketOption(
            Libc.SOL_SOCKET, Libc.SO_PEERCRED, MemoryMarshal.AsBytes(new Span<PeerCredentials>(ref credentials)));
        return credentials;
    }
}
