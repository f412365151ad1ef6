using System.Globalization;

namespace Landline.Cluster.Agent.Containers;

/// <summary>Reads what proc(5) tells of a process. A process that ends meanwhile is no error: the answer is "nothing".</summary>
internal static class ProcFile
{
    public static IEnumerable<int> ProcessIds(string proc)
    {
        foreach (string directory in Directory.EnumerateDirectories(proc))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                yield return id;
            }
        }
    }

    public static string? ReadOrNull(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What a link of proc(5) names, such as <c>net:[4026531840]</c> or <c>socket:[1234]</c>.</summary>
    public static string? ReadLinkOrNull(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <returns>Null when the process does not exist (any more).</returns>
    public static ulong? ReadStartTime(string proc, int processId)
    {
        // The second field is the program's name in brackets and may hold anything, brackets and blanks included:
        // fields are counted from the last closing one. Field 22 is the 20th after it.
        if (ReadOrNull($"{proc}/{processId}/stat") is not { } stat)
        {
            return null;
        }

        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19 && ulong.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out ulong ticks)
            ? ticks
            : null;
    }
}
