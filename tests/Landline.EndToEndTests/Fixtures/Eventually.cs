using System.Diagnostics.CodeAnalysis;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// Waits for what other machines and processes do, which nobody announces: looks again until the condition holds or the deadline has
/// passed when the last look began. Between two looks it rests for as long as a look took, so that waiting does not keep from working what it waits for.
/// </summary>
internal static class Eventually
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    public static async Task TrueAsync(TimeSpan deadline, string what, Func<Task<bool>> condition)
    {
        long started = TimeProvider.System.GetTimestamp();
        long look = started;
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started, look) < deadline, $"not within {deadline.TotalSeconds:F0} s: {what}");
            look = await RestAsync(look);
        }
    }

    /// <summary>Until the assertion holds; its own message is the failure's.</summary>
    [SuppressMessage("Usage", "VSTHRD003", Justification = "No synchronisation context in a test.")]
    public static async Task PassesAsync(TimeSpan deadline, Func<Task> assertion)
    {
        long started = TimeProvider.System.GetTimestamp();
        long look = started;
        while (true)
        {
            try
            {
                await assertion();
                return;
            }
            catch (Xunit.Sdk.XunitException) when (TimeProvider.System.GetElapsedTime(started, look) < deadline)
            {
                look = await RestAsync(look);
            }
        }
    }

    /// <returns>When the next look begins.</returns>
    private static async Task<long> RestAsync(long look)
    {
        double taken = TimeProvider.System.GetElapsedTime(look).TotalMilliseconds;
        var pause = TimeSpan.FromMilliseconds(Math.Clamp(taken, ShortestPause.TotalMilliseconds, LongestPause.TotalMilliseconds));
        await Task.Delay(pause, TimeProvider.System, TestContext.Current.CancellationToken);
        return TimeProvider.System.GetTimestamp();
    }
}
