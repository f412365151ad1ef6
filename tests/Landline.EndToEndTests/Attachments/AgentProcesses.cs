using System.Globalization;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>Landline's processes in the cluster. All nodes of the lab share the machine's process ids.</summary>
internal static class AgentProcesses
{
    public static Task SignalAgentsAsync(string signal) => SignalAsync("landline-cluster agent", signal);

    public static Task SignalManagerAsync(string signal) => SignalAsync("landline-cluster manager", signal);

    /// <summary>The agents' processes.</summary>
    public static int[] Agents() => Find("landline-cluster agent");

    /// <summary>The agents' pods that there are.</summary>
    public static async Task<string[]> PodsAsync() => (await Kubectl.SucceedAsync(
        "-n", LabFixture.ManagerNamespace, "get", "pods", "-l", "app.kubernetes.io/name=landline-agent", "-o", "name"))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Deletes their pods, and returns when the processes have ended too, which they do later.</summary>
    public static async Task RemoveAsync()
    {
        int[] agents = Agents();
        await Kubectl.SucceedAsync(
            "-n", LabFixture.ManagerNamespace, "delete", "pod", "-l", "app.kubernetes.io/name=landline-agent", "--grace-period=0", "--force");
        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(60), "the agents are gone", () => Task.FromResult(!Agents().Intersect(agents).Any()));
    }

    private static async Task SignalAsync(string commandLine, string signal)
    {
        int[] processes = Find(commandLine);
        Assert.NotEmpty(processes);
        (await ProgramRun.ToEndAsync("kill", [$"-{signal}", .. processes.Select(pid => pid.ToString(CultureInfo.InvariantCulture))])).Succeeded();
    }

    private static int[] Find(string commandLine) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0)
            .Where(pid => pid > 0 && CommandLineOf(pid).Contains(commandLine, StringComparison.Ordinal)),
    ];

    private static string CommandLineOf(int pid)
    {
        try
        {
            string commandLine = File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ');
            return commandLine.StartsWith("/usr/local/bin/landline-cluster ", StringComparison.Ordinal) ? commandLine : "";
        }
        catch (IOException)
        {
            return ""; // It ended in between.
        }
    }
}
