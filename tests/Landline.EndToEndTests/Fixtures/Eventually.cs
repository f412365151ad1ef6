using System.Diagnostics.CodeAnalysis;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// Waits for what other machines and processes do, which nobody announces: looks again every 50 ms until the condition holds or the
/// deadline has passed.
/// </summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task TrueAsync(TimeSpan deadline, string what, Func<Task<bool>> condition)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < deadline, $"not within {deadline.TotalSeconds:F0} s: {what}");
            await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Until the assertion holds; its own message is the failure's.</summary>
    [SuppressMessage("Usage", "VSTHRD003", Justification = "No synchronisation context in a test.")]
    public static async Task PassesAsync(TimeSpan deadline, Func<Task> assertion)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await assertion();
                return;
            }
            catch (Xunit.Sdk.XunitException) when (TimeProvider.System.GetElapsedTime(started) < deadline)
            {
                await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }
}
