using System.CommandLine;
using System.CommandLine.Parsing;

namespace Landline.Cli.Commands;

/// <summary>The command after <c>--</c>.</summary>
internal sealed class CommandLineArgument : Argument<string[]>
{
    public CommandLineArgument(string description)
        : base("command")
    {
        Description = description;
        Arity = ArgumentArity.ZeroOrMore;
    }

    // Without the two dashes a typing error would be taken for a command. A validator does not see them.
    public bool LacksDashes(ParseResult parse) =>
        parse.GetResult(this) is { } given
        && given.Tokens.Count > parse.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash).Skip(1).Count();
}
