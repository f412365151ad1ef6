using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Landline.Protocol.Api;

namespace Landline.Cli.Attaching;

/// <summary>Parts of an HTTP filter as users write them.</summary>
internal static class HttpArgument
{
    private const char RegexMark = '~';

    /// <summary><c>NAME=VALUE</c>, or <c>NAME=~EXPRESSION</c>, which must match somewhere in the value.</summary>
    public static bool TryParseValue(string text, [NotNullWhen(true)] out HttpValueMatch? match)
    {
        match = null;
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || !text[..equals].All(IsNameCharacter))
        {
            return false;
        }

        string value = text[(equals + 1)..];
        bool isExpression = value.StartsWith(RegexMark);
        if (isExpression && !IsExpression(value[1..]))
        {
            return false;
        }

        match = new HttpValueMatch
        {
            Name = text[..equals], Value = isExpression ? null : value, Regex = isExpression ? value[1..] : null,
        };
        return true;
    }

    /// <summary>Whether agents take it: they match in linear time, without looking around or back.</summary>
    public static bool IsExpression(string text)
    {
        try
        {
            _ = new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return text.Length > 0;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    public static bool IsMethod(string text) => text.Length is > 0 and <= 32 && text.All(char.IsAsciiLetter);

    // RFC 9110, 5.6.2: token.
    private static bool IsNameCharacter(char c) =>
        char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);
}
