using System.Buffers;

namespace Landline.Cli.Environments;

/// <summary>
/// Which names of variables a syntax can hold. Kubernetes takes any printable ASCII character but '=' (relaxed environment variable
/// validation), and a process may give itself any name; in a file that a shell reads, such a name could be a command.
/// </summary>
internal static class EnvironmentNames
{
    private static readonly SearchValues<char> Letters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly SearchValues<char> LettersDotsAndDashes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    public static bool CanBeWritten(string name, EnvironmentLanguage language) => language switch
    {
        EnvironmentLanguage.Docker => name.Length > 0 && name[0] != '#' && name.All(static c => c is > ' ' and < '\x7f' and not '='),
        EnvironmentLanguage.Sh or EnvironmentLanguage.Csh => Begins(name) && !name.AsSpan().ContainsAnyExcept(Letters),
        _ => Begins(name) && !name.AsSpan().ContainsAnyExcept(LettersDotsAndDashes),
    };

    private static bool Begins(string name) => name.Length > 0 && (char.IsAsciiLetter(name[0]) || name[0] == '_');
}
