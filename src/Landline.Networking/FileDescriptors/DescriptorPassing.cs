using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Networking.Interop;

namespace Landline.Networking.FileDescriptors;

/// <summary>
/// Sends and receives bytes together with open descriptors (SCM_RIGHTS) over a connected Unix stream socket.
/// The kernel keeps the descriptors with the first byte that they were sent with.
/// </summary>
public static class DescriptorPassing
{
    /// <summary>More in one message are refused when sending and closed when receiving. The kernel's own limit is 253.</summary>
    public const int MostDescriptors = 16;

    // cmsghdr (16 bytes) and up to 16 descriptors of 4 bytes; a multiple of eight as CMSG_SPACE wants it.
    private const int ControlBytes = 16 + (MostDescriptors * sizeof(int));

    /// <summary>Sends everything; the descriptors travel with the first byte and stay the caller's to close.</summary>
    public static async ValueTask SendAsync(
        Socket socket,
        ReadOnlyMemory<byte> data,
        IReadOnlyList<SafeHandle> descriptors,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Count, MostDescriptors);
        if (descriptors.Count > 0)
        {
            data = data[SendFirst(socket.SafeHandle, data.Span, descriptors)..];
        }

        while (data.Length > 0)
        {
            data = data[await socket.SendAsync(data, SocketFlags.None, cancellationToken)..];
        }
    }

    /// <summary>Waits for bytes; returns how many, or 0 at the end. Received descriptors are added and become the caller's.</summary>
    public static async ValueTask<int> ReceiveAsync(
        Socket socket,
        Memory<byte> buffer,
        ICollection<FileDescriptor> descriptors,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            // Waits for readability only: an ordinary receive would discard the descriptors.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
            if (TryReceive(socket.SafeHandle, buffer.Span, descriptors, out int received))
            {
                return received;
            }
        }
    }

    private static unsafe int SendFirst(
        SafeHandle socket, ReadOnlySpan<byte> data, IReadOnlyList<SafeHandle> descriptors)
    {
        byte* control = stackalloc byte[ControlBytes];
        new Span<byte>(control, ControlBytes).Clear();
        var header = (ControlHeader*)control;
        header->Length = (nuint)(sizeof(ControlHeader) + (descriptors.Count * sizeof(int)));
        header->Level = Libc.SOL_SOCKET;
        header->Type = Libc.SCM_RIGHTS;
        int held = 0;
        try
        {
            for (; held < descriptors.Count; held++)
            {
                bool added = false;
                descriptors[held].DangerousAddRef(ref added);
                ((int*)(header + 1))[held] = (int)descriptors[held].DangerousGetHandle();
            }

            fixed (byte* start = data)
            {
                var vector = new IoVector { Base = start, Length = (nuint)data.Length };
                var message = new MessageHeader
                {
                    Vectors = &vector,
                    VectorCount = 1,
                    Control = control,
                    ControlLength = (header->Length + 7) & ~(nuint)7,
                };
                nint sent = Libc.sendmsg(socket, &message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);

                // EAGAIN is an error here too: who hands over descriptors writes little, so the peer is not reading.
                return sent >= 0 ? (int)sent : throw Failed("The descriptors were not sent");
            }
        }
        finally
        {
            while (held > 0)
            {
                descriptors[--held].DangerousRelease();
            }
        }
    }

    private static unsafe bool TryReceive(
        SafeHandle socket, Span<byte> buffer, ICollection<FileDescriptor> descriptors, out int received)
    {
        byte* control = stackalloc byte[ControlBytes];
        fixed (byte* start = buffer)
        {
            var vector = new IoVector { Base = start, Length = (nuint)buffer.Length };
            var message = new MessageHeader
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = ControlBytes,
            };
            received = (int)Libc.recvmsg(socket, &message, Libc.MSG_DONTWAIT | Libc.MSG_CMSG_CLOEXEC);
            if (received < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                return error is Libc.EAGAIN or Libc.EINTR ? false : throw Failed("Receiving failed", error);
            }

            TakeDescriptors((ControlHeader*)control, message.ControlLength, descriptors);
            return true;
        }
    }

    // A truncated list has already been shortened by the kernel to what fits; nothing leaks.
    private static unsafe void TakeDescriptors(
        ControlHeader* header, nuint controlLength, ICollection<FileDescriptor> descriptors)
    {
        if (controlLength < (nuint)sizeof(ControlHeader)
            || header->Level != Libc.SOL_SOCKET
            || header->Type != Libc.SCM_RIGHTS)
        {
            return;
        }

        int count = ((int)header->Length - sizeof(ControlHeader)) / sizeof(int);
        for (int i = 0; i < count; i++)
        {
            descriptors.Add(new FileDescriptor(((int*)(header + 1))[i]));
        }
    }

    private static IOException Failed(string what) => Failed(what, Marshal.GetLastPInvokeError());

    private static IOException Failed(string what, int error) =>
        new($"{what}: {new Win32Exception(error).Message}.", new Win32Exception(error));
}
