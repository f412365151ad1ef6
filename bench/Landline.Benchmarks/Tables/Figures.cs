using System.Globalization;
using System.Text;
using Landline.Benchmarks.Outbound;

namespace Landline.Benchmarks.Tables;

/// <summary>The samples of each figure over each path, printed as a table of medians.</summary>
internal sealed class Figures
{
    private readonly Dictionary<(string Figure, string Path), List<double>> _samples = [];

    public void Add(string figure, string path, double sample)
    {
        if (!_samples.TryGetValue((figure, path), out List<double>? samples))
        {
            _samples[(figure, path)] = samples = [];
        }

        samples.Add(sample);
    }

    /// <summary>One path against others, a different one in each line.</summary>
    public string ToMarkdown(string path, IReadOnlyList<Line> lines)
    {
        var table = new StringBuilder($"| | compared with | that | {path} | ratio | goal |\n|---|---|---|---|---|---|\n");
        foreach (Line line in lines)
        {
            double? baseline = line.Baseline is null ? null : Median(line.Figure, line.Baseline);
            double? own = Median(line.Figure, path);
            table.Append(CultureInfo.InvariantCulture, $"| {line.Figure}, {line.Unit} | {line.Baseline} | {Format(baseline)} ");
            table.AppendLine(CultureInfo.InvariantCulture, $"| {Format(own)} | {Format(own / baseline)} | {line.Goal} |");
        }

        return table.ToString();
    }

    /// <summary>A path of its own in each line, against another or none.</summary>
    public string ToMarkdown(IReadOnlyList<(string Path, Line Line)> lines)
    {
        var table = new StringBuilder("| | | that | compared with | that | ratio | goal |\n|---|---|---|---|---|---|---|\n");
        foreach ((string path, Line line) in lines)
        {
            double? baseline = line.Baseline is null ? null : Median(line.Figure, line.Baseline);
            double? own = Median(line.Figure, path);
            table.Append(CultureInfo.InvariantCulture, $"| {line.Figure}, {line.Unit} | {path} | {Format(own)} ");
            table.AppendLine(CultureInfo.InvariantCulture, $"| {line.Baseline} | {Format(baseline)} | {Format(own / baseline)} | {line.Goal} |");
        }

        return table.ToString();
    }

    /// <summary>Several paths, each against one other.</summary>
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
                double? tunnelled = Median(measure.Name, path);
                double? direct = Median(measure.Name, baseline);
                table.Append(CultureInfo.InvariantCulture, $" {Format(direct)} | {Format(tunnelled)} | {Format(tunnelled / direct)} |");
            }

            table.AppendLine(CultureInfo.InvariantCulture, $" {measure.Goal} |");
        }

        return table.ToString();
    }

    private double? Median(string figure, string path)
    {
        if (!_samples.TryGetValue((figure, path), out List<double>? samples))
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
