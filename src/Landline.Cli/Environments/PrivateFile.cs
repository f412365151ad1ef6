namespace Landline.Cli.Environments;

/// <summary>A file that only its owner may read, from its first byte on.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Writes a new file beside the old one and puts it in its place, so that a reader sees the old or the new text and
    /// a full disk loses neither. A symbolic link at the place is replaced, not followed.
    /// </summary>
    /// <exception cref="Landline.Protocol.Errors.UserErrorException">The folder does not exist, is not writable, or the disk is full.</exception>
    public static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        string full = Path.GetFullPath(path);
        string unfinished = $"{full}.{Environment.ProcessId}.tmp";
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

            File.Move(unfinished, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(unfinished))
            {
                File.Delete(unfinished);
            }

            throw EnvironmentErrors.FileNotWritten(path, e);
        }
    }
}
