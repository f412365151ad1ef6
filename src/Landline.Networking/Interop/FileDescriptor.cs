using System.Runtime.InteropServices;

namespace Landline.Networking.Interop;

/// <summary>An open file descriptor. Closing is deferred while a call is using it, so its number is never reused early.</summary>
public sealed class FileDescriptor : SafeHandle
{
    public FileDescriptor()
        : base(invalidHandleValue: -1, ownsHandle: true)
    {
    }

    /// <summary>Takes over a descriptor that this process has received, for instance over a Unix socket.</summary>
    public FileDescriptor(int number)
        : this() => SetHandle(number);

    // C returns an int, of which the upper half of the register says nothing: -1 may arrive as 0xFFFFFFFF.
    public override bool IsInvalid => (int)handle < 0;

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
