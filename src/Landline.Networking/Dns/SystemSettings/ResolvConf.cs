using System.Net;
using System.Text;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>
/// The text of /etc/resolv.conf. What Landline writes is one block that also holds, as comments, the lines it stands
/// for, so that the file alone says how to put it back:
/// <code>
/// # landline: begin (temporary; what was here before follows after '#=')
/// nameserver 198.19.7.1
/// search default.svc.cluster.local svc.cluster.local cluster.local corp.example
/// #=nameserver 192.0.2.53
/// #=search corp.example
/// # landline: end
/// </code>
/// </summary>
internal static class ResolvConf
{
    private const string Begin = "# landline: begin (temporary; what was here before follows after '#=')";
    private const string BeginStart = "# landline: begin";
    private const string End = "# landline: end";
    private const string Before = "#=";

    public static bool HasBlock(string text) => Lines(text).Any(line => line.StartsWith(BeginStart, StringComparison.Ordinal));

    public static IReadOnlyList<IPAddress> NameServers(string text) =>
        [.. Values(text, "nameserver").Select(Address).OfType<IPAddress>()];

    /// <summary>The last <c>search</c> or <c>domain</c> line counts, as in the C library.</summary>
    public static IReadOnlyList<string> SearchDomains(string text)
    {
        string? last = Lines(text).LastOrDefault(line => Keyword(line) is "search" or "domain");
        return last is null ? [] : [.. Words(last).Skip(1)];
    }

    /// <param name="original">Without a block of ours.</param>
    /// <param name="overlays">At least one; the last is on top.</param>
    public static string Compose(string original, IReadOnlyList<ResolverOverlay> overlays)
    {
        List<string> search = [.. overlays.Reverse().SelectMany(overlay => overlay.SearchDomains)
            .Concat(SearchDomains(original)).Distinct(StringComparer.OrdinalIgnoreCase)];
        List<string> lines = [.. Lines(original)];
        List<string> replaced = [.. lines.Where(IsReplaced)];
        int place = Math.Max(0, lines.FindIndex(IsReplaced));
        lines.RemoveAll(IsReplaced);
        lines.InsertRange(place,
        [
            Begin,
            $"nameserver {overlays[^1].NameServer}",
            .. search.Count > 0 ? [$"search {string.Join(' ', search)}"] : Array.Empty<string>(),
            .. replaced.Select(line => Before + line),
            End,
        ]);
        return Text(lines);
    }

    /// <summary>
    /// Takes our lines out of a file that somebody else may have edited since, and puts back those they stood for.
    /// What others wrote stays.
    /// </summary>
    /// <param name="written">What we wrote last, if known, for when the block's comments have been lost.</param>
    /// <param name="original">The file before us, if known: its name servers return if there would be none.</param>
    public static string Strip(string current, string written, string original)
    {
        string[] ours = [.. Block(Lines(written)).Where(IsReplaced)];
        string[] block = [.. Block(Lines(current))];
        var lines = new List<string>();
        bool hadOurs = false;
        bool isRestored = false;
        foreach (string line in Lines(current))
        {
            if (IsBorder(line) || (IsReplaced(line) && (ours.Contains(line) || block.Contains(line))))
            {
                hadOurs = true;
            }
            else
            {
                bool isKept = line.StartsWith(Before, StringComparison.Ordinal) && IsReplaced(line[Before.Length..]);
                isRestored |= isKept;
                lines.Add(isKept ? line[Before.Length..] : line);
            }
        }

        if (!hadOurs)
        {
            return current;
        }

        if (!isRestored && !lines.Exists(line => Keyword(line) == "nameserver"))
        {
            lines.InsertRange(0, Lines(original).Where(IsReplaced));
        }

        return Text(lines);
    }

    // Nothing, unless both borders are there.
    private static string[] Block(string[] lines)
    {
        int begin = Array.FindIndex(lines, line => line.StartsWith(BeginStart, StringComparison.Ordinal));
        int end = Array.FindIndex(lines, begin + 1, line => line.StartsWith(End, StringComparison.Ordinal));
        return begin >= 0 && end >= 0 ? lines[(begin + 1)..end] : [];
    }

    private static bool IsBorder(string line) =>
        line.StartsWith(BeginStart, StringComparison.Ordinal) || line.StartsWith(End, StringComparison.Ordinal);

    private static bool IsReplaced(string line) => Keyword(line) is "nameserver" or "search" or "domain";

    private static IEnumerable<string> Values(string text, string keyword) =>
        Lines(text).Where(line => Keyword(line) == keyword).SelectMany(line => Words(line).Skip(1).Take(1));

    private static IPAddress? Address(string text) => IPAddress.TryParse(text, out IPAddress? address) ? address : null;

    private static string? Keyword(string line) => Words(line).FirstOrDefault();

    private static string[] Words(string line) => line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);

    private static string[] Lines(string text) =>
        text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');

    private static string Text(List<string> lines)
    {
        var text = new StringBuilder();
        lines.ForEach(line => text.Append(line).Append('\n'));
        return text.ToString();
    }
}
