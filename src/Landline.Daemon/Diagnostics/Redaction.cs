using System.Text.RegularExpressions;

namespace Landline.Daemon.Diagnostics;

/// <summary>
/// Takes out of a log whatever looks like a secret. Nothing of the kind is logged on purpose; this is the second
/// line, for messages that came from the cluster or from other programs.
/// </summary>
public static partial class Redaction
{
    private const string Removed = "[redacted]";

    public static string Apply(string text)
    {
        text = PemBlock().Replace(text, Removed);
        text = WebToken().Replace(text, Removed);
        text = Bearer().Replace(text, $"$1 {Removed}");
        text = UserInfo().Replace(text, $"$1{Removed}@");
        return Assignment().Replace(text, $"$1{Removed}");
    }

    [GeneratedRegex("-----BEGIN [A-Z ]+-----.*?(-----END [A-Z ]+-----|\\z)", RegexOptions.Singleline)]
    private static partial Regex PemBlock();

    // Three base64url parts, the first of which is a JSON object: eyJ is {".
    [GeneratedRegex(@"\beyJ[\w-]+\.[\w-]+\.[\w-]*")]
    private static partial Regex WebToken();

    [GeneratedRegex(@"\b(bearer|basic)\s+[\w\-.~+/=]+", RegexOptions.IgnoreCase)]
    private static partial Regex Bearer();

    [GeneratedRegex(@"(\b[a-z][a-z0-9+.-]*://)[^/\s@]+@", RegexOptions.IgnoreCase)]
    private static partial Regex UserInfo();

    [GeneratedRegex(
        @"(""?[\w-]*(?:password|passwd|secret|token|api-?key|client-key-data|authorization)[\w-]*""?\s*[=:]\s*)(?:""[^""]*""|'[^']*'|[^\s,;}]+)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Assignment();
}
