using Landline.Networking.Interop;

namespace Landline.Networking.Files;

/// <summary>What a path leads to, of what the base library does not tell.</summary>
public static unsafe class FileKind
{
    private const uint S_IFDIR = 0x4000;

    /// <summary>
    /// Whether there is something that is neither a file nor a folder: a pipe, a terminal, a socket. Links are followed. It is not
    /// opened, which for a pipe would wait for its other end.
    /// </summary>
    public static bool IsSpecial(string path)
    {
        using FileDescriptor place = Libc.open(path, Libc.O_PATH | Libc.O_CLOEXEC);
        byte empty = 0;
        StatX status;
        return !place.IsInvalid
            && Libc.statx(place, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0
            && (status.Mode & Libc.S_IFMT) is not (Libc.S_IFREG or S_IFDIR);
    }
}
