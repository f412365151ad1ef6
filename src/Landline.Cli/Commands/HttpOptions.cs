using System.CommandLine;
using System.CommandLine.Parsing;
using Landline.Cli.Attaching;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary>The options that say which HTTP requests are meant.</summary>
internal sealed class HttpOptions
{
    private readonly Option<string[]> _headers = OptionShapes.List(
        "--http-header", "NAME=VALUE", "Only requests with this header; VALUE may be ~EXPRESSION");
    private readonly Option<string[]> _baggage = OptionShapes.List(
        "--http-baggage", "NAME=VALUE", "Only requests with this member in their W3C baggage");
    private readonly Option<string?> _pathEqual = new("--http-path-equal") { Description = "Only this path", HelpName = "PATH" };
    private readonly Option<string?> _pathPrefix = new("--http-path-prefix")
    {
        Description = "Only paths that begin like this", HelpName = "PATH",
    };

    private readonly Option<string?> _pathRegex = new("--http-path-regex")
    {
        Description = "Only paths that match somewhere", HelpName = "EXPRESSION",
    };

    private readonly Option<string[]> _methods = OptionShapes.List("--http-method", "METHOD", "Only requests with this method");

    /// <param name="traffic">The ports that the requests come to.</param>
    public void AddTo(Command command, TrafficOptions traffic)
    {
        command.Add(_headers);
        command.Add(_baggage);
        command.Add(_pathEqual);
        command.Add(_pathPrefix);
        command.Add(_pathRegex);
        command.Add(_methods);
        command.Validators.Add(Validate);
        command.Validators.Add(result => ValidatePorts(result, traffic));
    }

    /// <summary>Null: every request, and what is not HTTP.</summary>
    public HttpMatch? Match(ParseResult parse)
    {
        var match = new HttpMatch
        {
            Headers = Values(parse.GetValue(_headers)),
            Baggage = Values(parse.GetValue(_baggage)),
            Path = Path(parse),
            Methods = [.. (parse.GetValue(_methods) ?? []).Select(method => method.ToUpperInvariant()).Distinct()],
        };
        return match.Headers.Count + match.Baggage.Count + match.Methods.Count > 0 || match.Path is not null ? match : null;
    }

    private static HttpValueMatch[] Values(string[]? texts) =>
        [.. (texts ?? []).Select(text => HttpArgument.TryParseValue(text, out HttpValueMatch? match) ? match : null).OfType<HttpValueMatch>()];

    private HttpPathMatch? Path(ParseResult parse) =>
        (parse.GetValue(_pathEqual), parse.GetValue(_pathPrefix), parse.GetValue(_pathRegex)) switch
        {
            (null, null, null) => null,
            var (exact, prefix, regex) => new HttpPathMatch { Exact = exact, Prefix = prefix, Regex = regex },
        };

    private void ValidatePorts(CommandResult result, TrafficOptions traffic)
    {
        Option? filter = ((Option<string[]>[])[_headers, _baggage, _methods]).FirstOrDefault(option => result.GetGiven(option) is { Length: > 0 })
            ?? (Option?)((Option<string?>[])[_pathEqual, _pathPrefix, _pathRegex]).FirstOrDefault(option => result.GetGiven(option) is not null);
        if (filter is not null && traffic.TakesDatagramsAlone(result))
        {
            result.AddError($"{filter.Name}: every --port is of UDP, and datagrams are no HTTP requests.");
        }
    }

    private void Validate(CommandResult result)
    {
        foreach (Option<string[]> option in (Option<string[]>[])[_headers, _baggage])
        {
            foreach (string value in result.GetGiven(option) ?? [])
            {
                if (!HttpArgument.TryParseValue(value, out _))
                {
                    result.AddError($"{option.Name}: '{value}' is not of the form NAME=VALUE or NAME=~EXPRESSION.");
                }
            }
        }

        if (result.GetGiven(_pathRegex) is { } expression && !HttpArgument.IsExpression(expression))
        {
            result.AddError($"{_pathRegex.Name}: '{expression}' is no regular expression that can be matched in linear time.");
        }

        foreach (Option<string?> option in (Option<string?>[])[_pathEqual, _pathPrefix])
        {
            if (result.GetGiven(option) is { } path && !path.StartsWith('/'))
            {
                result.AddError($"{option.Name}: '{path}' does not begin with a slash.");
            }
        }

        if (((Option<string?>[])[_pathEqual, _pathPrefix, _pathRegex]).Count(option => result.GetGiven(option) is not null) > 1)
        {
            result.AddError($"{_pathEqual.Name}, {_pathPrefix.Name} and {_pathRegex.Name} exclude each other.");
        }

        foreach (string method in result.GetGiven(_methods) ?? [])
        {
            if (!HttpArgument.IsMethod(method))
            {
                result.AddError($"{_methods.Name}: '{method}' is no method such as GET.");
            }
        }
    }
}
