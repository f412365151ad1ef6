using System.CommandLine;
using System.CommandLine.Parsing;

namespace Landline.Cli.Commands;

/// <summary>
/// Options that no command has. The parser takes them for values, wherever one is expected: for a name, for a command to
/// run, for the value of the option before. A value that does begin with a dash is written <c>--option=-value</c>.
/// </summary>
internal static class UnknownOptions
{
    private const string EndOfOptions = "--";

    public static IReadOnlyList<string> Of(ParseResult parse, IReadOnlyList<string> arguments)
    {
        var values = parse.Tokens
            .Where(token => token.Type == TokenType.Argument)
            .Select(token => token.Value)
            .ToHashSet(StringComparer.Ordinal);

        // Only a value that was written on its own is a token and a whole argument; a lone dash means a standard stream.
        return
        [
            .. arguments
                .TakeWhile(argument => argument != EndOfOptions)
                .Where(argument => argument.Length > 1 && argument[0] == '-' && values.Contains(argument))
                .Distinct(),
        ];
    }
}
