using System.CommandLine;
using System.CommandLine.Parsing;

namespace Landline.Cli.Commands;

/// <summary>What is wrong with a command line, one sentence each: the parser's errors, and what it does not see as one.</summary>
internal static class UsageErrors
{
    private const string EndOfOptions = "--";

    public static IReadOnlyList<string> Of(ParseResult parse, IReadOnlyList<string> arguments)
    {
        if (parse.Tokens.Any(token => token.Type == TokenType.Directive))
        {
            return []; // A shell asks what fits behind a line that is not complete yet.
        }

        // What else is wrong is often a consequence of an option that the parser took for something else.
        string command = CommandPath(parse.CommandResult);
        string[] unseen = [.. MisplacedOptions(parse, arguments, command).Distinct(), .. EmptyValues(parse)];
        return unseen.Length > 0 ? unseen
            : parse.CommandResult.Command.Subcommands.Count > 0 && parse.UnmatchedTokens is [var first, ..] ? [$"'{first}' is no command of {command}."]
            : [.. parse.Errors.Select(error => error.Message), .. MissingDashes(parse)];
    }

    public static string CommandPath(CommandResult result) => result.Parent is CommandResult parent
        ? $"{CommandPath(parent)} {result.Command.Name}"
        : "landline";

    // The parser takes an option that the command does not have for a value, wherever one is expected: for a name, for a
    // command to run, for the value of the option before. A value that does begin with a dash is written --option=-value.
    private static IEnumerable<string> MisplacedOptions(ParseResult parse, IReadOnlyList<string> arguments, string command)
    {
        var values = parse.Tokens
            .Where(token => token.Type == TokenType.Argument)
            .Select(token => token.Value)
            .ToHashSet(StringComparer.Ordinal);

        // Only a value that was written on its own is a token and a whole argument; a lone dash means a standard stream.
        for (int i = 0; i < arguments.Count && arguments[i] != EndOfOptions; i++)
        {
            if (arguments[i].Length > 1 && arguments[i][0] == '-' && values.Contains(arguments[i]))
            {
                yield return i > 0 && arguments[i - 1].EndsWith('=')
                    ? $"{arguments[i - 1].TrimEnd('=')}: the value is missing."
                    : $"'{arguments[i]}' is no option of {command}.";
            }
        }
    }

    private static IEnumerable<string> MissingDashes(ParseResult parse) => parse.CommandResult.Command.Arguments
        .OfType<CommandLineArgument>()
        .Where(argument => argument.LacksDashes(parse))
        .Select(_ => $"Write -- before the command that is to run: {CommandPath(parse.CommandResult)} {Names(parse.CommandResult.Command)}-- COMMAND.");

    private static string Names(Command command) => string.Concat(command.Arguments
        .Where(argument => argument is not CommandLineArgument)
        .Select(argument => $"{argument.Name.ToUpperInvariant()} "));

    // Most often a shell's variable that is not set. Without a word, -n "" would be the kubeconfig's namespace.
    private static IEnumerable<string> EmptyValues(ParseResult parse)
    {
        Token? before = null;
        foreach (Token token in parse.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash))
        {
            if (token is { Type: TokenType.Argument, Value.Length: 0 })
            {
                yield return before?.Type == TokenType.Option ? $"{before.Value}: the value is empty." : "An argument is empty.";
            }

            before = token;
        }
    }
}
