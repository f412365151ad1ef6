using System.Globalization;
using System.Text;

namespace Landline.Benchmarks.Outbound;

/// <summary>The samples of each measure over each path, printed as a table of medians.</summary>
internal sealed class Figures
{
    private readonly Dictionary<(Measure Measure, string Path), List<double>> _samples = [];

    public void Add(Measure measure, string path, double sample)
    {
        if (!_samples.TryGetValue((measure, path), out List<double>? samples))
        {
            _samples[(measure, path)] = samples = [];
        }

        samples.Add(sample);
    }

    /// <param name="paths">The tunnels, each with the name of the direct path that was measured beside it.</param>
    public string ToMarkdown(IReadOnlyList<Measure> measures, IReadOnlyList<(string Path, string Baseline)> paths)
    {
        var table = new StringBuilder("| |");
        foreach ((string path, string baseline) in paths)
        {
            table.Append(CultureInfo.InvariantCulture, $" {baseline} | {path} | ratio |");
        }

        table.AppendLine(" goal |").Append("|---|");
        table.Insert(table.Length, "---|---|---|", paths.Count).AppendLine("---|");
        foreach (Measure measure in measures)
        {
            table.Append(CultureInfo.InvariantCulture, $"| {measure.Name}, {measure.Unit} |");
            foreach ((string path, string baseline) in paths)
            {
                double? tunnelled = Median(measure, path);
                double? direct = Median(measure, baseline);
                table.Append(CultureInfo.InvariantCulture, $" {Format(direct)} | {Format(tunnelled)} | {Format(tunnelled / direct)} |");
            }

            table.AppendLine(CultureInfo.InvariantCulture, $" {measure.Goal} |");
        }

        return table.ToString();
    }

    private double? Median(Measure measure, string path)
    {
        if (!_samples.TryGetValue((measure, path), out List<double>? samples))
        {
            return null;
        }

        double[] sorted = [.. samples.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    // Three digits that mean something.
    private static string Format(double? figure) => figure switch
    {
        null => "",
        >= 1000 => figure.Value.ToString("N0", CultureInfo.InvariantCulture),
        >= 100 => figure.Value.ToString("F0", CultureInfo.InvariantCulture),
        >= 10 => figure.Value.ToString("F1", CultureInfo.InvariantCulture),
        _ => figure.Value.ToString("F2", CultureInfo.InvariantCulture),
    };
}
