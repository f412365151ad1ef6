using Landline.Networking.Interop;

namespace Landline.Networking.Files;

/// <summary>An open regular file of a container. Reads and writes name their offset, so their order does not matter.</summary>
public sealed class ContainerFile : IDisposable
{
    private readonly FileDescriptor _file;

    internal ContainerFile(FileDescriptor file) => _file = file;

    public FileStatus GetStatus() => ContainerRoot.StatusOf(_file);

    /// <returns>Bytes read; 0 at the end of the file.</returns>
    public unsafe int Read(Span<byte> buffer, long offset)
    {
        fixed (byte* first = buffer)
        {
            return (int)ContainerRoot.Checked(Libc.pread(_file, first, (nuint)buffer.Length, offset));
        }
    }

    public unsafe void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            fixed (byte* first = bytes)
            {
                int written = (int)ContainerRoot.Checked(Libc.pwrite(_file, first, (nuint)bytes.Length, offset));
                bytes = bytes[written..];
                offset += written;
            }
        }
    }

    public void SetSize(long sizeBytes) => ContainerRoot.Checked(Libc.ftruncate(_file, sizeBytes));

    /// <summary>Sets what is not null.</summary>
    public unsafe void SetAttributes(uint? mode, (uint User, uint Group)? owner, (long Accessed, long Modified)? seconds)
    {
        if (mode is { } permissions)
        {
            ContainerRoot.Checked(Libc.fchmod(_file, permissions & 0xFFF));
        }

        if (owner is { } ids)
        {
            byte empty = 0;
            ContainerRoot.Checked(Libc.fchownat(_file, &empty, ids.User, ids.Group, Libc.AT_EMPTY_PATH));
        }

        if (seconds is { } times)
        {
            long* values = stackalloc long[] { times.Accessed, 0, times.Modified, 0 };
            ContainerRoot.Checked(Libc.futimens(_file, values));
        }
    }

    /// <summary>Returns when the device has the data (fsync(2)).</summary>
    public void Flush() => ContainerRoot.Checked(Libc.fsync(_file));

    public void Dispose() => _file.Dispose();
}
