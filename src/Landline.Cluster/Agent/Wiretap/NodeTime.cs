using System.Globalization;

namespace Landline.Cluster.Agent.Wiretap;

/// <summary>What a node's processors have done together since it was started.</summary>
/// <param name="All">Time of all processors; on two of them two seconds in a second.</param>
/// <param name="Idle">How much of it nobody wanted.</param>
internal readonly record struct NodeTime(TimeSpan All, TimeSpan Idle)
{
    /// <summary>A tick of /proc/stat: USER_HZ is 100 wherever .NET runs.</summary>
    private const int TickMilliseconds = 10;

    // Of user, nice, system, idle, iowait, irq, softirq and steal; what guests used is in the first two (proc_stat(5)).
    private const int Fields = 8;
    private const int IdleField = 3;
    private const int WaitsForDiskField = 4;

    /// <param name="proc">The proc file system's folder.</param>
    /// <returns>Nothing but zeros where the kernel does not tell.</returns>
    public static NodeTime Read(string proc)
    {
        try
        {
            using StreamReader stat = File.OpenText(Path.Combine(proc, "stat"));
            return Parse(stat.ReadLine() ?? "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    /// <param name="line">The first of /proc/stat, such as <c>cpu  10 0 5 900 3 0 1 0 0 0</c>.</param>
    internal static NodeTime Parse(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length <= Fields || words[0] != "cpu")
        {
            return default;
        }

        Span<long> ticks = stackalloc long[Fields];
        long all = 0;
        for (int i = 0; i < Fields; i++)
        {
            if (!long.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out ticks[i]))
            {
                return default;
            }

            all += ticks[i];
        }

        return new NodeTime(Time(all), Time(ticks[IdleField] + ticks[WaitsForDiskField]));
    }

    private static TimeSpan Time(long ticks) => TimeSpan.FromMilliseconds(ticks * TickMilliseconds);
}
