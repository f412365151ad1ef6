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
        string[] unseen = [.. UnknownOptions(parse, arguments).Select(option => $"'{option}' is no option of {command}."), .. EmptyValues(parse)];
        return unseen.Length > 0 ? unseen
            : parse.CommandResult.Command.Subcommands.Count > 0 && parse.UnmatchedTokens is [var first, ..] ? [$"'{first}' is no command of {command}."]
            : [.. parse.Errors.Select(error => error.Message), .. MissingDashes(parse)];
    }

    public static string CommandPath(CommandResult result) => result.Parent is CommandResult parent
        ? $"{CommandPath(parent)} {result.Command.Name}"
        : "landline";

    // The parser takes an option that the command does not have for a value, wherever one is expected: for a name, for a
    // command to run, for the value of the option before. A value that does begin with a dash is written --option=-value.
    private static IEnumerable<string> UnknownOptions(ParseResult parse, IReadOnlyList<string> arguments)
    {
        var values = parse.Tokens
            .Where(token => token.Type == TokenType.Argument)
            .Select(token => token.Value)
            .ToHashSet(StringComparer.Ordinal);

        // Only a value that was written on its own is a token and a whole argument; a lone dash means a standard stream.
        return arguments
            .TakeWhile(argument => argument != EndOfOptions)
            .Where(argument => argument.Length > 1 && argument[0] == '-' && values.Contains(argument))
            .Distinct();
    }

    private static IEnumerable<string> MissingDashes(ParseResult parse) => parse.CommandResult.Command.Arguments
        .OfType<CommandLineArgument>()
        .Where(argument => argument.LacksDashes(parse))
        .Select(_ => $"Write -- before the command that is to run: {CommandPath(parse.CommandResult)} -- COMMAND.");

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
