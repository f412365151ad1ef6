using System.CommandLine;
using System.CommandLine.Parsing;

namespace Landline.Cli.Commands;

/// <summary>
/// For validators, which run also when an option's value is missing: that is an error of its own already, and asking for
/// the value then throws.
/// </summary>
internal static class GivenValue
{
    public static T? GetGiven<T>(this CommandResult result, Option<T> option) =>
        result.GetResult(option) is { Tokens.Count: > 0 } ? result.GetValue(option) : default;

    public static T? GetGiven<T>(this CommandResult result, Argument<T> argument) =>
        result.GetResult(argument) is { Tokens.Count: > 0 } ? result.GetValue(argument) : default;
}
