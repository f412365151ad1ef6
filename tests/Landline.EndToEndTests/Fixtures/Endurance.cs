namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// How long the tests go on whose subject is time itself: short in every run, as long as a user's day has them when the
/// variable LANDLINE_ENDURANCE is set (docs/testing.md).
/// </summary>
internal static class Endurance
{
    /// <summary>A test's deadline is a constant: it allows for the long run, with its set-up.</summary>
    public const int LongestTestMilliseconds = 700_000;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("LANDLINE_ENDURANCE") is { Length: > 0 };

    /// <summary>How often a workload is attached to and detached from.</summary>
    public static int Rounds => IsLong ? 100 : 15;

    /// <summary>
    /// How long a handler stands at a breakpoint. A failing probe restarts its container after three times a period and a
    /// timeout, 12 s at the most: the short one is longer than that.
    /// </summary>
    public static TimeSpan Breakpoint => IsLong ? TimeSpan.FromMinutes(10) : TimeSpan.FromSeconds(13);
}
