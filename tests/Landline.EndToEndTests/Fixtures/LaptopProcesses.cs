using System.Globalization;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>Landline's processes on the laptop, of any user.</summary>
internal static class LaptopProcesses
{
    public static Task<int[]> DaemonsAsync() => FindAsync("daemon", "run");

    public static Task<int[]> HelpersAsync() => FindAsync("net-helper");

    /// <summary>SIGKILL, which no process can prepare for, to all of them in one call.</summary>
    public static Task KillAsync(params IEnumerable<int> processes) => SignalAsync("KILL", processes);

    public static async Task SignalDaemonsAsync(string signal) => await SignalAsync(signal, await DaemonsAsync());

    /// <summary>The user that a process runs as.</summary>
    public static async Task<int> UserOfAsync(int process)
    {
        string[] status = await File.ReadAllLinesAsync($"/proc/{process}/status", TestContext.Current.CancellationToken);
        string uids = status.Single(line => line.StartsWith("Uid:", StringComparison.Ordinal));
        return int.Parse(uids.Split('\t')[2], CultureInfo.InvariantCulture);
    }

    private static async Task SignalAsync(string signal, IEnumerable<int> processes)
    {
        string[] pids = [.. processes.Select(pid => pid.ToString(CultureInfo.InvariantCulture))];
        Assert.NotEmpty(pids);
        (await ProgramRun.ToEndAsync("kill", [$"-{signal}", .. pids])).Succeeded();
    }

    // Only landline itself: sudo, which may have started it, has the same words in its command line.
    private static async Task<int[]> FindAsync(params string[] words)
    {
        ProgramResult pids = await ProgramRun.ToEndAsync("ip", ["netns", "pids", "laptop"]);
        return [.. pids.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => int.Parse(line, CultureInfo.InvariantCulture))
            .Where(pid => CommandLineOf(pid) is [var program, .. var arguments]
                && Path.GetFileName(program) == "landline" && words.All(arguments.Contains))];
    }

    private static string[] CommandLineOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return [];      // it ended in between
        }
    }
}
