namespace Landline.Protocol.Api;

/// <summary>A filter in the words of a sentence: <c>header x-user=alice, path /api* and method GET</c>.</summary>
public static class HttpMatchText
{
    /// <param name="match">Null: no filter.</param>
    public static string Of(HttpMatch? match)
    {
        if (match is null)
        {
            return "all traffic";
        }

        List<string> rules =
        [
            .. match.Headers.Select(static rule => $"header {Value(rule)}"),
            .. match.Baggage.Select(static rule => $"baggage {Value(rule)}"),
        ];
        if (match.Path is { } path)
        {
            rules.Add($"path {path.Exact ?? (path.Prefix is null ? "~" + path.Regex : path.Prefix + "*")}");
        }

        if (match.Methods.Count > 0)
        {
            rules.Add($"method {string.Join(" or ", match.Methods)}");
        }

        return rules switch
        {
            [] => "all requests",
            [var one] => one,
            [.. var others, var last] => $"{string.Join(", ", others)} and {last}",
        };
    }

    private static string Value(HttpValueMatch rule) => $"{rule.Name}={rule.Value ?? "~" + rule.Regex}";
}
