using Landline.Networking.Processes;

namespace Landline.Tests.Networking.Processes;

public sealed class ProcessIdentityTests
{
    [Theory]
    [InlineData("12 (a) b) c) S 1 12 12 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0", 4711, false)]
    [InlineData("12 (sh) Z 1 12 12 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0", 4711, true)]
    public void The_start_time_is_found_behind_any_name(string stat, long startTime, bool hasEnded) =>
        Assert.Equal((startTime, hasEnded), ProcessIdentity.Parse(stat));

    [Fact]
    public void Only_the_very_process_is_alive()
    {
        ProcessIdentity self = ProcessIdentity.Current;

        Assert.True(self.IsAlive);
        Assert.False((self with { StartTime = self.StartTime + 1 }).IsAlive);
        Assert.False((self with { Boot = "another" }).IsAlive);
        Assert.False((self with { Id = int.MaxValue }).IsAlive);
    }
}
