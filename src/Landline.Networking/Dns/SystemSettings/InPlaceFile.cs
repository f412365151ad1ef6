using System.Text;
using Landline.Networking.Interop;
using Microsoft.Win32.SafeHandles;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>
/// A small file that must be written in place, because it is a bind mount (or a link) that renaming would break.
/// A failed write leaves the old content. Text is Latin-1, so that every byte survives.
/// </summary>
internal static class InPlaceFile
{
    // Nobody's resolv.conf is larger; more would be a mistake to hold in a journal.
    private const int LargestBytes = 256 * 1024;

    private const UnixFileMode EverybodyReads =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <returns>Null when there is no such file.</returns>
    /// <exception cref="IOException">It cannot be read, or is unreasonably large.</exception>
    public static string? Read(string path)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return Encoding.Latin1.GetString(ReadAll(file, path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">Not written; the old content is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">Not writable; the old content is still there.</exception>
    public static void Write(string path, string text)
    {
        bool isNew = !File.Exists(path);
        byte[] content = Encoding.Latin1.GetBytes(text);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        byte[] old = ReadAll(file, path);

        if (isNew)
        {
            // Whatever this process's umask: the C library of every user must read it.
            File.SetUnixFileMode(file, EverybodyReads);
        }

        // Space is taken first, so that a full disk is found out before the first byte changes.
        Libc.Reserve(file, content.Length);
        try
        {
            // One write, so that readers see the old file or the new one, and never less of either.
            byte[] padded = content;
            if (content.Length < old.Length)
            {
                padded = [.. content, .. Enumerable.Repeat((byte)'\n', old.Length - content.Length)];
            }

            RandomAccess.Write(file, padded, 0);
            RandomAccess.SetLength(file, content.Length);
        }
        catch (IOException)
        {
            RandomAccess.Write(file, old, 0);
            RandomAccess.SetLength(file, old.Length);
            throw;
        }
    }

    /// <summary>Removes what a link points to, and not the link.</summary>
    public static void Delete(string path) =>
        File.Delete(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);

    private static byte[] ReadAll(SafeFileHandle file, string path)
    {
        long length = RandomAccess.GetLength(file);
        if (length > LargestBytes)
        {
            throw new IOException($"{path} has {length} bytes");
        }

        byte[] content = new byte[length];
        int read = RandomAccess.Read(file, content, 0);
        return content[..read];
    }
}
