using System.Globalization;

namespace Landline.Networking.Processes;

/// <summary>One process for all time: ids are used again, but not with the same start time in the same boot.</summary>
/// <param name="StartTime">Clock ticks after the machine's start, field 22 of <c>/proc/PID/stat</c>.</param>
/// <param name="Boot">The kernel's random id of this boot.</param>
public sealed record ProcessIdentity(int Id, long StartTime, string Boot)
{
    private const int FieldsBeforeStartTime = 19; // counted from the state, which follows the name in parentheses

    public static ProcessIdentity Current { get; } = Of(Environment.ProcessId) ?? new(Environment.ProcessId, 0, CurrentBoot());

    /// <summary>A process that was killed but not yet waited for by its parent is no longer alive.</summary>
    public bool IsAlive => Boot == CurrentBoot() && ReadStat(Id) is { } stat && stat.StartTime == StartTime && !stat.HasEnded;

    /// <returns>Null when there is no such process.</returns>
    public static ProcessIdentity? Of(int processId) =>
        ReadStat(processId) is { } stat ? new ProcessIdentity(processId, stat.StartTime, CurrentBoot()) : null;

    internal static (long StartTime, bool HasEnded)? Parse(string stat)
    {
        // The name may hold spaces and parentheses, so the last one counts.
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > FieldsBeforeStartTime
            && long.TryParse(fields[FieldsBeforeStartTime], CultureInfo.InvariantCulture, out long startTime)
            ? (startTime, fields[0] is "Z" or "X")
            : null;
    }

    private static (long StartTime, bool HasEnded)? ReadStat(int id)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{id}/stat"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string CurrentBoot() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}
