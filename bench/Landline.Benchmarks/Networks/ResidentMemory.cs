using System.Globalization;

namespace Landline.Benchmarks.Networks;

/// <summary>What is resident of a process (proc(5), VmRSS).</summary>
internal static class ResidentMemory
{
    public static double Kibibytes(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
