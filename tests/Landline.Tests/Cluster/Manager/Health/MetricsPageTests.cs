using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Health;
using Landline.Cluster.Manager.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Tests.Cluster.Manager.Health;

public sealed partial class MetricsPageTests
{
    private readonly ManagerMetrics _metrics = new();

    [Fact]
    public void The_document_lists_every_metric_with_its_type()
    {
        var documented = DocumentedMetric().Matches(File.ReadAllText(DocumentPath()))
            .Select(match => (Name: match.Groups[1].Value, Type: match.Groups[2].Value));

        var shown = TypeLine().Matches(Render()).Select(match => (Name: match.Groups[1].Value, Type: match.Groups[2].Value));

        Assert.Equal(documented, shown);
    }

    [Fact]
    public void Every_metric_is_as_Prometheus_reads_it()
    {
        _metrics.Dialled(null);
        string page = Render();

        Assert.EndsWith("\n", page, StringComparison.Ordinal);
        string family = string.Empty;
        foreach (string line in page.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                family = line.Split(' ')[2];
            }
            else if (line.StartsWith('#'))
            {
                bool isCounter = line == $"# TYPE {family} counter";
                Assert.True(isCounter || line == $"# TYPE {family} gauge", line);
                Assert.Equal(isCounter, family.EndsWith("_total", StringComparison.Ordinal));
            }
            else
            {
                Match sample = Sample().Match(line);
                Assert.True(sample.Success, line);
                Assert.Equal(family, sample.Groups[1].Value);
            }
        }
    }

    [Fact]
    public void Streams_are_counted_by_kind()
    {
        _metrics.StreamStarted(StreamKind.Tcp);
        _metrics.StreamStarted(StreamKind.Tcp);
        _metrics.StreamStarted(StreamKind.Inbound);
        _metrics.StreamEnded(StreamKind.Tcp);

        Assert.Equal(1, Value("landline_streams{kind=\"tcp\"}"));
        Assert.Equal(2, Value("landline_streams_total{kind=\"tcp\"}"));
        Assert.Equal(1, Value("landline_streams{kind=\"inbound\"}"));
        Assert.Equal(0, Value("landline_streams_total{kind=\"udp\"}"));
    }

    [Fact]
    public void Dials_are_counted_by_result()
    {
        _metrics.Dialled(null);
        _metrics.Dialled(StreamEndCode.Refused);
        _metrics.Dialled(StreamEndCode.Refused);

        Assert.Equal(1, Value("landline_dials_total{result=\"ok\"}"));
        Assert.Equal(2, Value("landline_dials_total{result=\"Refused\"}"));
    }

    [Fact]
    public void The_process_tells_what_it_uses()
    {
        Assert.InRange(Value("process_cpu_seconds_total"), 0.01, double.MaxValue);
        Assert.InRange(Value("process_open_fds"), 3, 1_000_000);
        Assert.InRange(Value("process_resident_memory_bytes"), 1 << 20, double.MaxValue);
        double now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 1;
        Assert.InRange(Value("process_start_time_seconds"), now - 3600, now);
    }

    private string Render() => new MetricsPage(
        _metrics, new WorkstationRegistry(), new AgentRegistry(), new AttachmentRegistry(), "1.2.3").Render();

    private double Value(string series) => double.Parse(
        Render().Split('\n').Single(line => line.StartsWith(series + ' ', StringComparison.Ordinal)).Split(' ')[1],
        CultureInfo.InvariantCulture);

    private static string DocumentPath([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../../../../docs/metrics.md"));

    [GeneratedRegex(@"^\| `([a-z_]+)` \| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex DocumentedMetric();

    [GeneratedRegex(@"^# TYPE ([a-z_]+) (\w+)$", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    // The text format, version 0.0.4, with labels that need no escaping.
    [GeneratedRegex("""^([a-z_]+)(\{[a-z]+="[^"\\]*"\})? [0-9.E+]+$""")]
    private static partial Regex Sample();
}
