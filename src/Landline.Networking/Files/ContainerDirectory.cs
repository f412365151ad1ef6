using System.Buffers.Binary;
using Landline.Networking.Interop;

namespace Landline.Networking.Files;

/// <summary>An open directory of a container, read once from its beginning to its end. One thread at a time.</summary>
public sealed class ContainerDirectory : IDisposable
{
    // struct linux_dirent64 (getdents(2)): u64 inode, s64 offset, u16 length of this record, u8 type, name with NUL.
    private const int LengthOffset = 16;
    private const int NameOffset = 19;

    private readonly FileDescriptor _directory;
    private readonly byte[] _records = new byte[32 * 1024];
    private int _position;
    private int _length;

    internal ContainerDirectory(FileDescriptor directory) => _directory = directory;

    /// <summary>The next name, or null at the end.</summary>
    /// <param name="status">The status of what the name stands for; a symbolic link's own.</param>
    public byte[]? ReadName(out FileStatus status)
    {
        while (true)
        {
            if (_position == _length)
            {
                _position = 0;
                _length = Fill();
                if (_length == 0)
                {
                    status = default;
                    return null;
                }
            }

            ReadOnlySpan<byte> record = _records.AsSpan(_position);
            int size = BinaryPrimitives.ReadUInt16LittleEndian(record[LengthOffset..]);
            _position += size;
            ReadOnlySpan<byte> name = record[NameOffset..size];
            name = name[..name.IndexOf((byte)0)];
            if (TryGetStatus(name, out status))
            {
                return name.ToArray();
            }
        }
    }

    public void Dispose() => _directory.Dispose();

    private unsafe int Fill()
    {
        fixed (byte* first = _records)
        {
            return (int)ContainerRoot.Checked(Libc.getdents64(_directory, first, (nuint)_records.Length));
        }
    }

    // False for a name that was removed since the directory was read.
    private unsafe bool TryGetStatus(ReadOnlySpan<byte> name, out FileStatus status)
    {
        StatX result;
        fixed (byte* first = (byte[])[.. name, 0])
        {
            if (Libc.statx(_directory, first, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &result) < 0)
            {
                status = default;
                return false;
            }
        }

        status = new FileStatus(
            result.Mode, result.Links, result.UserId, result.GroupId, result.Size, result.AccessedSeconds, result.ModifiedSeconds);
        return true;
    }
}
