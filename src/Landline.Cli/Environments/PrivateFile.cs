using System.Text;
using Landline.Networking.Files;

namespace Landline.Cli.Environments;

/// <summary>A file that only its owner may read, from its first byte on; or whatever else a path can be.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Whether the path means standard output.</summary>
    public static bool IsOutput(string path) => path is "-" or "/dev/stdout" or "/dev/fd/1" or "/proc/self/fd/1";

    /// <summary>
    /// Writes a new file beside the old one and puts it in its place, so that a reader sees the old or the new text and
    /// a full disk loses neither. A symbolic link to a file is replaced, not followed. What is there and is no file (a pipe,
    /// a device) is written to and stays what it is.
    /// </summary>
    /// <param name="output">Standard output, for <c>-</c> and its other names.</param>
    /// <exception cref="Landline.Protocol.Errors.UserErrorException">The folder does not exist, is not writable, or the disk is full.</exception>
    public static async Task WriteAsync(string path, string text, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            string full = Path.GetFullPath(path);
            if (IsOutput(path))
            {
                await output.WriteAsync(text.AsMemory(), cancellationToken);
            }
            else if (IsOpenFile(full) || FileKind.IsSpecial(full))
            {
                // Opening a pipe waits for its reader, and writing to it for its reading, and neither looks at a token. A thread that is left
                // waiting ends with the process.
                await Task.Run(() => WriteInPlace(full, text), CancellationToken.None).WaitAsync(cancellationToken);
            }
            else
            {
                await ReplaceAsync(full, text, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw EnvironmentErrors.FileNotWritten(path, e);
        }
    }

    /// <summary>
    /// Takes away what <see cref="WriteAsync"/> has put there, if that was a file of its own; what was written to a pipe or a
    /// device is gone. A file that cannot be deleted stays.
    /// </summary>
    public static void Remove(string path)
    {
        try
        {
            string full = Path.GetFullPath(path);
            if (!IsOutput(path) && !IsOpenFile(full) && !FileKind.IsSpecial(full))
            {
                File.Delete(full);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // Why it is taken away is what the user is to be told.
        }
    }

    // A process's open file may be a file on a disk: what it is called here is no place to put another one, though root could.
    private static bool IsOpenFile(string path) =>
        path is "/dev/stderr"
        || path.StartsWith("/dev/fd/", StringComparison.Ordinal)
        || path.StartsWith("/proc/", StringComparison.Ordinal);

    private static void WriteInPlace(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Write, Share = FileShare.ReadWrite, BufferSize = 0 };
        using var file = new FileStream(path, options);
        if (file.CanSeek)
        {
            file.Seek(0, SeekOrigin.End); // Behind what was written to it before.
        }

        file.Write(Encoding.UTF8.GetBytes(text));
    }

    private static async Task ReplaceAsync(string path, string text, CancellationToken cancellationToken)
    {
        string unfinished = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly, Options = FileOptions.Asynchronous,
            };
            await using (var file = new StreamWriter(unfinished, options))
            {
                await file.WriteAsync(text.AsMemory(), cancellationToken);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            if (File.Exists(unfinished))
            {
                File.Delete(unfinished);
            }

            throw;
        }
    }
}
