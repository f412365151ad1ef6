namespace Landline.Daemon.Connections;

/// <summary>
/// A connection's name, which is also a folder's: the context's name unless the user gives one. Contexts are often
/// called like <c>arn:aws:eks:eu-central-1:123456789012:cluster/shop</c>.
/// </summary>
public static class ConnectionName
{
    /// <summary>Leaves room for the rest of a Unix socket's path.</summary>
    public const int Longest = 48;

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= Longest && name.All(IsAllowed) && char.IsAsciiLetterOrDigit(name[0]);

    /// <summary>The last characters are the ones that tell clusters apart, so that the first ones go when it is too long.</summary>
    public static string FromContext(string? context)
    {
        string name = new([.. (context ?? "default").Select(c => IsAllowed(c) ? c : '-')]);
        name = name.Length > Longest ? name[^Longest..] : name;
        name = name.TrimStart('-', '.', '_');
        return name.Length == 0 ? "default" : name;
    }

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_';
}
