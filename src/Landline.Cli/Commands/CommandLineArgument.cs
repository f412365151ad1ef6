using System.CommandLine;
using System.CommandLine.Parsing;
using Landline.Cli.Output;

namespace Landline.Cli.Commands;

/// <summary>The command after <c>--</c>.</summary>
internal static class CommandLineArgument
{
    public static Argument<string[]> Create(string description) => new("command")
    {
        Description = description,
        Arity = ArgumentArity.ZeroOrMore,
    };

    // Without the two dashes a typing error would be taken for a command. A validator does not see them.
    public static bool LacksDashes(ParseResult parse, Argument<string[]> argument) =>
        parse.GetValue(argument) is { Length: > 0 } && !parse.Tokens.Any(token => token.Type == TokenType.DoubleDash);

    /// <returns>The exit code.</returns>
    public static async Task<int> RefuseAsync(ParseResult parse, Argument<string[]> argument)
    {
        string command = parse.CommandResult.Command.Name;
        string first = parse.GetValue(argument)![0];
        string error = first.StartsWith('-')
            ? $"'{first}' is no option of landline {command}."
            : $"Write -- before the command that is to run: landline {command} -- COMMAND";
        await parse.InvocationConfiguration.Error.WriteAsync(
            $"error: {error}\n hint: See what there is with: landline {command} --help\n");
        return ExitCodes.Usage;
    }
}
