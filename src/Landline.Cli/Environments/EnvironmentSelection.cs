using System.IO.Enumeration;

namespace Landline.Cli.Environments;

/// <summary>
/// Which of a container's variables a process on the workstation gets: all but those that describe the container itself
/// or would break a program that runs elsewhere. Patterns have <c>*</c> and <c>?</c>; what the user includes wins over
/// what is left out by default, and what the user excludes wins over all.
/// </summary>
internal sealed class EnvironmentSelection(IReadOnlyList<string> include, IReadOnlyList<string> exclude)
{
    // Paths, identity and terminal of the container, as login(1), the shells and the runtimes set them; and variables that
    // make the dynamic loader or a runtime load files that exist only there.
    private static readonly string[] LeftOut =
    [
        "PATH", "HOME", "HOSTNAME", "PWD", "OLDPWD", "SHLVL", "SHELL", "TERM", "USER", "LOGNAME", "MAIL", "TMPDIR", "DISPLAY",
        "XDG_*", "SSH_*", "DBUS_*", "LD_*", "container", "_",
    ];

    public IEnumerable<KeyValuePair<string, string>> Select(IEnumerable<KeyValuePair<string, string>> variables) =>
        variables.Where(variable => IsWanted(variable.Key));

    private bool IsWanted(string name) =>
        !Matches(exclude, name) && (Matches(include, name) || !Matches(LeftOut, name));

    private static bool Matches(IEnumerable<string> patterns, string name) =>
        patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));
}
