using System.Globalization;

namespace Landline.Cli.Launching;

/// <summary>
/// Whether ^C and ^\ come from a terminal to this program's whole process group, and so to the command it runs: that is when
/// the group is the terminal's foreground one, wherever standard input comes from.
/// </summary>
internal static class TerminalSignals
{
    // Counted behind the name: state, parent, group, session, terminal, the terminal's foreground group (-1: no terminal).
    private const int GroupField = 2;
    private const int ForegroundField = 5;

    public static bool ReachGroup() => ReachGroupOf(File.ReadAllText("/proc/self/stat"));

    /// <param name="stat">A process's <c>/proc/PID/stat</c>, see proc_pid_stat(5).</param>
    public static bool ReachGroupOf(string stat)
    {
        // The name may hold spaces and parentheses, so the last one counts.
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Number(GroupField) == Number(ForegroundField);

        int Number(int field) => int.Parse(fields[field], CultureInfo.InvariantCulture);
    }
}
