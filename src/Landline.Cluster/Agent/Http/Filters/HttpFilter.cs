using System.Buffers;
using System.Text;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Http.Filters;

/// <summary>
/// Decides whether a request belongs to an attachment: it does when every rule that is given matches. Compiled once,
/// used by all connections at once.
/// </summary>
internal sealed class HttpFilter
{
    private readonly Rule[] _headers;
    private readonly Rule[] _baggage;
    private readonly ValuePattern? _path;
    private readonly byte[][] _methods;

    private HttpFilter(Rule[] headers, Rule[] baggage, ValuePattern? path, byte[][] methods)
    {
        _headers = headers;
        _baggage = baggage;
        _path = path;
        _methods = methods;
    }

    /// <summary>The filter of an attachment without one.</summary>
    public static HttpFilter Everything { get; } = new([], [], null, []);

    /// <param name="match">Null matches everything.</param>
    /// <param name="problem">One sentence that names the rule and what is wrong with it; null on success.</param>
    public static bool TryCompile(HttpMatch? match, out HttpFilter filter, out string? problem)
    {
        filter = Everything;
        problem = null;
        if (match is null)
        {
            return true;
        }

        string part = "";
        try
        {
            // A field's name is compared without case; a baggage key is not (W3C Baggage, 3.3.1).
            var headers = new List<Rule>();
            foreach (HttpValueMatch rule in match.Headers)
            {
                part = $"header {rule.Name}";
                headers.Add(Compile(rule, rule.Name.ToLowerInvariant()));
            }

            var baggage = new List<Rule>();
            foreach (HttpValueMatch rule in match.Baggage)
            {
                part = $"baggage member {rule.Name}";
                baggage.Add(Compile(rule, rule.Name));
            }

            part = "path";
            ValuePattern? path = match.Path switch
            {
                { Exact: { } exact } => ValuePattern.Exactly(exact),
                { Prefix: { } prefix } => ValuePattern.BeginningWith(prefix),
                { Regex: { } regex } => ValuePattern.Matching(regex),
                _ => null,
            };
            filter = new HttpFilter(
                [.. headers], [.. baggage], path, [.. match.Methods.Select(method => Encoding.ASCII.GetBytes(method.ToUpperInvariant()))]);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            problem = e is NotSupportedException
                ? $"The {part} has a regular expression that looks around or refers back, which is not supported."
                : $"The {part} is invalid: {e.Message}";
            return false;
        }
    }

    public bool Matches(in RequestView request)
    {
        if (_path is not null && !_path.Matches(request.Path))
        {
            return false;
        }

        return MatchesMethod(request.Method) && MatchesHeaders(request) && MatchesBaggage(request);
    }

    /// <summary>
    /// Whether some request could match both. False only when that is certain: different exact values of one header,
    /// baggage member or path, an exact value that the other's expression does not match, prefixes of which neither
    /// begins the other, or no common method. Two regular expressions count as overlapping.
    /// </summary>
    public static bool CanBothMatch(HttpFilter a, HttpFilter b)
    {
        bool methods = a._methods.Length == 0 || b._methods.Length == 0
            || a._methods.Any(method => b._methods.Any(other => other.AsSpan().SequenceEqual(method)));
        bool path = a._path is null || b._path is null || a._path.CanBothMatch(b._path);
        return methods && path && CanBothMatch(a._headers, b._headers) && CanBothMatch(a._baggage, b._baggage);
    }

    private static bool CanBothMatch(Rule[] a, Rule[] b) =>
        a.All(rule => b.All(other => !rule.Name.AsSpan().SequenceEqual(other.Name) || rule.Pattern.CanBothMatch(other.Pattern)));

    private static Rule Compile(HttpValueMatch rule, string name) =>
        new(Encoding.UTF8.GetBytes(name), (rule.Value, rule.Regex) switch
        {
            ({ } value, null) => ValuePattern.Exactly(value),
            (null, { } regex) => ValuePattern.Matching(regex),
            _ => throw new ArgumentException("it needs either a value or an expression."),
        });

    private bool MatchesMethod(ReadOnlySpan<byte> method)
    {
        foreach (byte[] wanted in _methods)
        {
            if (method.SequenceEqual(wanted))
            {
                return true;
            }
        }

        return _methods.Length == 0;
    }

    private bool MatchesHeaders(in RequestView request)
    {
        foreach (Rule rule in _headers)
        {
            bool matches = request.TryGetField(rule.Name, out ReadOnlySpan<byte> value, out byte[]? joined) && rule.Pattern.Matches(value);
            Return(joined);
            if (!matches)
            {
                return false;
            }
        }

        return true;
    }

    private bool MatchesBaggage(in RequestView request)
    {
        if (_baggage.Length == 0)
        {
            return true;
        }

        bool matches = request.TryGetField("baggage"u8, out ReadOnlySpan<byte> header, out byte[]? joined);
        for (int i = 0; i < _baggage.Length && matches; i++)
        {
            matches = BaggageField.Matches(header, _baggage[i].Name, _baggage[i].Pattern);
        }

        Return(joined);
        return matches;
    }

    private static void Return(byte[]? joined)
    {
        if (joined is not null)
        {
            ArrayPool<byte>.Shared.Return(joined);
        }
    }

    /// <summary>One header or baggage member and what its value must be.</summary>
    private sealed record Rule(byte[] Name, ValuePattern Pattern);
}
