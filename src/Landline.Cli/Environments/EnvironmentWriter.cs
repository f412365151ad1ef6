using System.Text;

namespace Landline.Cli.Environments;

/// <summary>Writes variables so that the program they are for reads exactly the same values.</summary>
internal static class EnvironmentWriter
{
    /// <exception cref="Landline.Protocol.Errors.UserErrorException">The syntax cannot hold a name, or a value of several lines.</exception>
    public static string Write(IEnumerable<KeyValuePair<string, string>> variables, EnvironmentSyntax syntax)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in variables.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!EnvironmentNames.CanBeWritten(name, syntax.Language))
            {
                throw EnvironmentErrors.NameNotWritable(name, syntax.ToString());
            }

            if (syntax.Language is EnvironmentLanguage.Docker or EnvironmentLanguage.Cmd && value.AsSpan().ContainsAny('\n', '\r'))
            {
                throw EnvironmentErrors.ValueHasSeveralLines(name, syntax.ToString());
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
            $"${Braced($"{(syntax.Export ? "Env:" : "")}{name}")}={QuoteForPowerShell(value)}",
        EnvironmentLanguage.Cmd => $"set {QuoteForCmd($"{name}={value.Replace("%", "%%", StringComparison.Ordinal)}")}",
        _ => throw new ArgumentOutOfRangeException(nameof(syntax)),
    };

    // Nothing is special between single quotes, so a quote itself stands outside of them.
    private static string QuoteForSh(string value) => $"'{value.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // As in sh, but csh replaces '!' by history and ends a string at the line's end, unless a backslash stands before.
    private static string QuoteForCsh(string value) => QuoteForSh(value)
        .Replace("!", "\\!", StringComparison.Ordinal)
        .Replace("\n", "\\\n", StringComparison.Ordinal);

    // PowerShell takes typographic quotes for plain ones, too; each is doubled to stand for itself.
    private static string QuoteForPowerShell(string value) => $"'{string.Concat(value.Select(static c =>
        c is '\'' or '\u2018' or '\u2019' or '\u201a' or '\u201b' ? $"{c}{c}" : $"{c}"))}'";

    private static string Braced(string name) => name.AsSpan().ContainsAny('.', '-') ? $"{{{name}}}" : name;

    // A quote in the middle would end the quoting, and what follows could be a command: then every special character gets its own caret.
    private static string QuoteForCmd(string assignment) => !assignment.Contains('"', StringComparison.Ordinal)
        ? $"\"{assignment}\""
        : string.Concat(assignment.Select(static c => "^&|<>()\"".Contains(c, StringComparison.Ordinal) ? $"^{c}" : $"{c}"));

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
