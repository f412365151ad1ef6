namespace Landline.Cli.Launching;

/// <summary>
/// Finds a program as a shell does. Process.Start would look next to landline first, then in the current folder, which may
/// be a repository of somebody else's, and only then along the PATH.
/// </summary>
internal static class ProgramSearch
{
    // As execvp(3).
    private const string UsualPath = "/bin:/usr/bin";
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <param name="name">With a slash it is a path; without one it is looked for along the search path only.</param>
    /// <param name="searchPath">As in the variable PATH, where an empty element is the current folder; null: it is not set.</param>
    /// <param name="currentFolder">What relative paths begin at.</param>
    /// <returns>A full path; null when nothing along the search path can be run under that name.</returns>
    public static string? Find(string name, string? searchPath, string currentFolder)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return Path.Combine(currentFolder, name);
        }

        return name.Length == 0
            ? null
            : (searchPath ?? UsualPath).Split(':')
                .Select(folder => Path.Combine(currentFolder, folder, name))
                .FirstOrDefault(path => File.Exists(path) && (File.GetUnixFileMode(path) & Executable) != 0);
    }
}
