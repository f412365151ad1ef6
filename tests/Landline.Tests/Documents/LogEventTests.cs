using System.Globalization;
using System.Text.RegularExpressions;

namespace Landline.Tests.Documents;

/// <summary>docs/logging.md says where each class's event ids lie. The sources are read, because the attribute is not kept in an assembly.</summary>
public sealed partial class LogEventTests
{
    private static readonly IReadOnlyList<(string Class, int Id)> Events = [.. Read()];

    [Fact]
    public void Every_event_id_is_used_once()
    {
        Assert.NotEmpty(Events);
        Assert.Empty(Events.GroupBy(one => one.Id).Where(same => same.Count() > 1).Select(same => $"{same.Key}: {string.Join(", ", same.Select(one => one.Class))}"));
    }

    [Fact]
    public void Every_event_id_lies_in_its_class_documented_range()
    {
        Dictionary<string, (int First, int Last)> ranges = Ranges();

        Assert.All(Events, one =>
        {
            Assert.True(ranges.TryGetValue(one.Class, out var range), $"docs/logging.md has no row for {one.Class}.");
            Assert.InRange(one.Id, range.First, range.Last);
        });
        Assert.Equal(ranges.Keys.Order(StringComparer.Ordinal), Events.Select(one => one.Class).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_two_ranges_overlap()
    {
        var ordered = Ranges().Values.OrderBy(range => range.First).ToArray();

        Assert.All(ordered.Zip(ordered.Skip(1)), pair => Assert.True(pair.First.Last < pair.Second.First, $"{pair.First} and {pair.Second} overlap."));
    }

    private static IEnumerable<(string Class, int Id)> Read() =>
        from file in Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "*.cs", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal)
        from Match match in LoggerMessage().Matches(File.ReadAllText(file))
        select (Path.GetFileNameWithoutExtension(file), int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    private static Dictionary<string, (int First, int Last)> Ranges() => Row().Matches(SourceTree.Document("logging.md")).ToDictionary(
        row => row.Groups[3].Value,
        row => (int.Parse(row.Groups[1].ValueSpan, CultureInfo.InvariantCulture), int.Parse(row.Groups[2].ValueSpan, CultureInfo.InvariantCulture)));

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(\d+)")]
    private static partial Regex LoggerMessage();

    [GeneratedRegex(@"^\| (\d+)-(\d+) \| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
