using System.CommandLine;

namespace Landline.Cli.Commands;

/// <summary>Options of the same shape in several commands.</summary>
internal static class OptionShapes
{
    /// <summary>May be given several times, with one value each time.</summary>
    public static Option<string[]> List(string name, string helpName, string description, params string[] aliases) =>
        new(name, aliases)
        {
            Description = description,
            HelpName = helpName,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
}
