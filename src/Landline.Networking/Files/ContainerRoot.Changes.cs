using Landline.Networking.Interop;

namespace Landline.Networking.Files;

/// <content>
/// What changes the tree. A name is created, renamed or removed in its parent directory, which is resolved first and held
/// open, so that a link that is swapped in meanwhile leads nowhere else.
/// </content>
public sealed partial class ContainerRoot
{
    private delegate nint NameCall(FileDescriptor directory, ReadOnlySpan<byte> terminatedName);

    public void Remove(ReadOnlySpan<byte> path, bool directory) => InParent(path, (parent, name) =>
    {
        unsafe
        {
            fixed (byte* first = name)
            {
                return Libc.unlinkat(parent, first, directory ? Libc.AT_REMOVEDIR : 0);
            }
        }
    });

    public void MakeDirectory(ReadOnlySpan<byte> path, uint mode) => InParent(path, (parent, name) =>
    {
        unsafe
        {
            fixed (byte* first = name)
            {
                return Libc.mkdirat(parent, first, mode & 0xFFF);
            }
        }
    });

    /// <param name="target">What the link holds, kept as it is; it is resolved inside this root when it is followed.</param>
    public void MakeLink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target)
    {
        byte[] terminated = Terminated(target);
        InParent(path, (parent, name) =>
        {
            unsafe
            {
                fixed (byte* text = terminated, first = name)
                {
                    return Libc.symlinkat(text, parent, first);
                }
            }
        });
    }

    /// <summary>As rename(2): replaces what stands at the new name.</summary>
    public void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => InTwoParents(from, to, hard: false);

    public void MakeHardLink(ReadOnlySpan<byte> existing, ReadOnlySpan<byte> path) => InTwoParents(existing, path, hard: true);

    public void SetMode(ReadOnlySpan<byte> path, uint mode) =>
        OnFile(path, file => Libc.chmod(ProcPath(file), mode & 0xFFF));

    public unsafe void SetOwner(ReadOnlySpan<byte> path, uint userId, uint groupId) => OnFile(path, file =>
    {
        byte empty = 0;
        return Libc.fchownat(file, &empty, userId, groupId, Libc.AT_EMPTY_PATH);
    });

    public unsafe void SetTimes(ReadOnlySpan<byte> path, long accessedSeconds, long modifiedSeconds) => OnFile(path, file =>
    {
        long* times = stackalloc long[] { accessedSeconds, 0, modifiedSeconds, 0 };
        return Libc.utimensat(Libc.AT_FDCWD, ProcPath(file), times, 0);
    });

    public void SetSize(ReadOnlySpan<byte> path, long sizeBytes)
    {
        using ContainerFile file = OpenFile(path, FileUse.Write, mode: 0);
        file.SetSize(sizeBytes);
    }

    // A descriptor made with O_PATH takes no fchmod; its name under /proc does, and leads to this file and no other.
    private static string ProcPath(FileDescriptor file) => $"/proc/self/fd/{file.DangerousGetHandle()}";

    private void OnFile(ReadOnlySpan<byte> path, Func<FileDescriptor, nint> call)
    {
        using FileDescriptor file = Resolve(path, Libc.O_PATH | Libc.O_CLOEXEC, mode: 0);
        Checked(call(file));
    }

    private void InParent(ReadOnlySpan<byte> path, NameCall call)
    {
        using FileDescriptor parent = ResolveParent(path, out ReadOnlySpan<byte> name);
        Checked(call(parent, Terminated(name)));
    }

    private unsafe void InTwoParents(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool hard)
    {
        using FileDescriptor fromParent = ResolveParent(from, out ReadOnlySpan<byte> fromName);
        using FileDescriptor toParent = ResolveParent(to, out ReadOnlySpan<byte> toName);
        fixed (byte* first = Terminated(fromName), second = Terminated(toName))
        {
            Checked(hard
                ? Libc.linkat(fromParent, first, toParent, second, 0)
                : Libc.renameat(fromParent, first, toParent, second));
        }
    }

    private FileDescriptor ResolveParent(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> trimmed = path.TrimEnd((byte)'/');
        int slash = trimmed.LastIndexOf((byte)'/');
        name = trimmed[(slash + 1)..];
        if (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            throw new FileError(FileError.InvalidArgument);
        }

        return Resolve(slash <= 0 ? "/"u8 : trimmed[..slash], Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, mode: 0);
    }
}
