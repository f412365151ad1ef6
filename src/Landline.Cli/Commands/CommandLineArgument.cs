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
        parse.GetValue(argument) is { } words
        && words.Length > parse.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash).Skip(1).Count();

    /// <returns>The exit code.</returns>
    public static async Task<int> RefuseAsync(ParseResult parse)
    {
        string command = parse.CommandResult.Command.Name;
        await parse.InvocationConfiguration.Error.WriteAsync(
            $"error: Write -- before the command that is to run: landline {command} -- COMMAND\n hint: See what there is with: landline {command} --help\n");
        return ExitCodes.Usage;
    }
}
