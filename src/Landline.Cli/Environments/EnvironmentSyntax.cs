namespace Landline.Cli.Environments;

/// <summary>How an environment is written to a file: for which program, and whether its variables are exported there.</summary>
internal sealed record EnvironmentSyntax(EnvironmentLanguage Language, bool Export)
{
    private static readonly (string Name, EnvironmentLanguage Language)[] Names =
    [
        ("docker", EnvironmentLanguage.Docker),
        ("compose", EnvironmentLanguage.Compose),
        ("sh", EnvironmentLanguage.Sh),
        ("csh", EnvironmentLanguage.Csh),
        ("ps", EnvironmentLanguage.PowerShell),
        ("cmd", EnvironmentLanguage.Cmd),
    ];

    /// <summary>As the option --env-syntax takes it.</summary>
    public override string ToString() => Names.First(pair => pair.Language == Language).Name + (Export ? ":export" : "");

    /// <summary>What the option --env-syntax takes.</summary>
    public static IEnumerable<string> Spellings => Names.SelectMany(
        pair => pair.Language is EnvironmentLanguage.Docker or EnvironmentLanguage.Compose
            ? (string[])[pair.Name]
            : [pair.Name, pair.Name + ":export"]);

    public static EnvironmentSyntax? TryParse(string text)
    {
        string name = text.EndsWith(":export", StringComparison.Ordinal) ? text[..^":export".Length] : text;
        return Spellings.Contains(text)
            ? new EnvironmentSyntax(Names.First(pair => pair.Name == name).Language, name != text)
            : null;
    }
}

internal enum EnvironmentLanguage
{
    /// <summary><c>docker run --env-file</c>: the rest of the line is the value, whatever it holds.</summary>
    Docker,

    /// <summary>Docker Compose's env files, with quotes.</summary>
    Compose,

    Sh,
    Csh,
    PowerShell,
    Cmd,
}
