using Landline.Networking.Dns.SystemSettings;
using Landline.Networking.Processes;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.NetHelper;

/// <summary>
/// Puts back what a net helper that was killed has left, which only root can: at once where the daemon is root or
/// sudo asks no password, and otherwise at the next command.
/// </summary>
internal static class HelperRemains
{
    private static readonly TimeSpan LongestExit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestRepair = TimeSpan.FromSeconds(5);

    /// <param name="helper">Its socket has closed; the process may still be on its way out.</param>
    public static async Task PutBackAsync(ProcessIdentity helper, TimeProvider time, ILogger logger)
    {
        long start = time.GetTimestamp();
        while (helper.IsAlive && time.GetElapsedTime(start) < LongestExit)
        {
            await Task.Delay(LookEvery, time, CancellationToken.None);
        }

        var journal = new ResolverJournal(ResolverPaths.Default);
        if (!journal.NeedsRepair())
        {
            return;
        }

        try
        {
            await RepairAsync(journal);
        }
        catch (Exception e) when (e is ResolverException or ToolFailedException)
        {
            NetHelperLog.NotRepaired(logger, e.Message);
        }
    }

    private static async Task RepairAsync(ResolverJournal journal)
    {
        if (Environment.IsPrivilegedProcess)
        {
            await journal.RepairAsync(CancellationToken.None);
            return;
        }

        await SystemTool.CheckedAsync(
            "sudo",
            ["-n", Environment.ProcessPath!, "net-helper", "--repair"],
            input: string.Empty,
            LongestRepair,
            CancellationToken.None);
    }
}
