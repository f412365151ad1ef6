using System.Diagnostics;
using Landline.Cli.Launching;
using Landline.TestSupport;

namespace Landline.Tests.Cli.Launching;

public sealed class TerminalSignalsTests
{
    [Theory]
    [InlineData("4711 (landline) S 4700 4711 4700 34816 4711 4194304 1", true)]
    [InlineData("4711 (a) 1 2 (b) S 4700 4711 4700 34816 4711 4194304 1", true)]
    [InlineData("4711 (landline) S 4700 4711 4700 34816 4700 4194304 1", false)] // In the background.
    [InlineData("4711 (landline) S 4700 4711 4700 0 -1 4194304 1", false)] // Without a terminal.
    public void The_foreground_group_of_the_terminal_has_them(string stat, bool expected) =>
        Assert.Equal(expected, TerminalSignals.ReachGroupOf(stat));

    [Fact]
    public async Task At_a_terminal_they_reach_a_command_whose_input_is_a_file()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script is not installed.");

        Assert.True(TerminalSignals.ReachGroupOf(await OutputAsync("script", "-qec", "cat /proc/self/stat </dev/null", "/dev/null")));
        Assert.False(TerminalSignals.ReachGroupOf(await OutputAsync("setsid", "-w", "cat", "/proc/self/stat")));
    }

    private static async Task<string> OutputAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return await process.StandardOutput.ReadToEndAsync(Deadline.Token);
    }
}
