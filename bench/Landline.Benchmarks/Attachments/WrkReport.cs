using System.Globalization;
using System.Text.RegularExpressions;

namespace Landline.Benchmarks.Attachments;

/// <summary>What wrk --latency has found out.</summary>
/// <param name="Microseconds">The median of a request.</param>
/// <param name="Rate">Requests a second.</param>
internal sealed partial record WrkReport(double Microseconds, double Rate)
{
    /// <exception cref="InvalidOperationException">A request failed.</exception>
    public static WrkReport Parse(string output)
    {
        if (output.Contains("Socket errors", StringComparison.Ordinal) || output.Contains("Non-2xx", StringComparison.Ordinal))
        {
            throw new InvalidOperationException(output);
        }

        Match median = Median().Match(output);
        double scale = median.Groups[2].Value switch { "us" => 1, "ms" => 1e3, _ => 1e6 };
        return new WrkReport(Number(median.Groups[1]) * scale, Number(RequestRate().Match(output).Groups[1]));
    }

    private static double Number(Group text) => double.Parse(text.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"50%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex Median();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex RequestRate();
}
