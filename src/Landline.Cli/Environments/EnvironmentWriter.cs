using System.Text;

namespace Landline.Cli.Environments;

/// <summary>Writes variables so that the program they are for reads exactly the same values.</summary>
internal static class EnvironmentWriter
{
    /// <exception cref="Landline.Protocol.Errors.UserErrorException">A value has several lines and the syntax cannot hold it.</exception>
    public static string Write(IEnumerable<KeyValuePair<string, string>> variables, EnvironmentSyntax syntax)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in variables.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (syntax.Language is EnvironmentLanguage.Docker or EnvironmentLanguage.Cmd && value.AsSpan().ContainsAny('\n', '\r'))
            {
                throw EnvironmentErrors.ValueHasSeveralLines(name, syntax.Language == EnvironmentLanguage.Docker ? "docker" : "cmd");
            }

            text.Append(Line(name, value, syntax)).Append(syntax.Language == EnvironmentLanguage.Cmd ? "\r\n" : "\n");
        }

        return text.ToString();
    }

    private static string Line(string name, string value, EnvironmentSyntax syntax) => syntax.Language switch
    {
        EnvironmentLanguage.Docker => $"{name}={value}",
        EnvironmentLanguage.Compose => $"{name}={QuoteForCompose(value)}",
        EnvironmentLanguage.Sh => $"{(syntax.Export ? "export " : "")}{name}={QuoteForSh(value)}",
        EnvironmentLanguage.Csh => syntax.Export ? $"setenv {name} {QuoteForCsh(value)}" : $"set {name}={QuoteForCsh(value)}",
        EnvironmentLanguage.PowerShell =>
            $"{(syntax.Export ? "$Env:" : "$")}{name}='{value.Replace("'", "''", StringComparison.Ordinal)}'",
        EnvironmentLanguage.Cmd => $"set \"{name}={value.Replace("%", "%%", StringComparison.Ordinal)}\"",
        _ => throw new ArgumentOutOfRangeException(nameof(syntax)),
    };

    // Nothing is special between single quotes, so a quote itself stands outside of them.
    private static string QuoteForSh(string value) => $"'{value.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // As in sh, but csh replaces '!' by history and ends a string at the line's end, unless a backslash stands before.
    private static string QuoteForCsh(string value) => QuoteForSh(value)
        .Replace("!", "\\!", StringComparison.Ordinal)
        .Replace("\n", "\\\n", StringComparison.Ordinal);

    // Compose replaces $NAME and backslash sequences between double quotes only.
    private static string QuoteForCompose(string value) => value.AsSpan().ContainsAny('\'', '\\', '\n')
        ? "\"" + value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("$", "\\$", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal)
            .Replace("\r", "\\r", StringComparison.Ordinal) + "\""
        : $"'{value}'";
}
