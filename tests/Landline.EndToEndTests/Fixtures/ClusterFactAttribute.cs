using System.Runtime.CompilerServices;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// A test against the lab. Skipped on a desk where the lab is not up; in CI it runs, and fails if it cannot. Each has a deadline, so that
/// a hang is a failure of that test and not of the whole run.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClusterFactAttribute : FactAttribute
{
    public const int LongestTestMilliseconds = 300_000;

    public ClusterFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        Timeout = LongestTestMilliseconds;
        Skip = WhyNot;
    }

    /// <summary>Why tests of the lab cannot run here; null when they can, or have to.</summary>
    public static string? WhyNot => Lab.IsUp || InContinuousIntegration ? null : "Needs root and the lab; run: ./test.sh, or lab/lab up";

    private static bool InContinuousIntegration => Environment.GetEnvironmentVariable("CI") is { Length: > 0 };
}
