using Landline.Protocol.Errors;

namespace Landline.Cli.Environments;

/// <summary>What can go wrong when an environment is written to a file. docs/errors.md is checked against this class.</summary>
internal static class EnvironmentErrors
{
    // The value is a secret more often than not: it is not shown.
    public static UserErrorException ValueHasSeveralLines(string name, string syntax) => new(
        "environment-value-has-several-lines",
        $"The value of {name} has several lines, which the syntax '{syntax}' cannot hold.",
        $"Use --env-syntax compose, or leave it out with: --env-exclude {name}");

    public static UserErrorException NameNotWritable(string name, string syntax)
    {
        string shown = string.Concat(name.Select(static c => char.IsControl(c) ? '?' : c));
        return new(
            "environment-name-not-writable",
            $"The syntax '{syntax}' cannot hold a variable named '{shown}'.",
            $"Use --env-syntax docker, or leave it out with: --env-exclude '{shown}'");
    }

    public static UserErrorException FileNotWritten(string path, Exception cause) => new(
        "environment-file-not-written",
        $"The environment cannot be written to '{path}' ({cause.Message.TrimEnd('.')}).",
        "Name a file in a folder that you may write to",
        cause);
}
