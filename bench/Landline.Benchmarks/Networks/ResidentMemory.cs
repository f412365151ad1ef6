using System.Globalization;

namespace Landline.Benchmarks.Networks;

/// <summary>What is resident of a process (proc(5), VmRSS).</summary>
internal static class ResidentMemory
{
    /// <summary>By then an idle process has given back what it does not need.</summary>
    public static readonly TimeSpan Settles = TimeSpan.FromSeconds(15);

    public static double Kibibytes(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
