using System.Text;

namespace Landline.Daemon.Attachments.Mounts;

/// <summary>What is mounted in this process's mount namespace.</summary>
internal static class MountTable
{
    private const string Table = "/proc/self/mountinfo";
    private const int MountPointField = 4;

    /// <summary>Also when the file system behind it is dead, which no other call would survive.</summary>
    public static bool Contains(string path) => Contains(File.ReadLines(Table), path);

    internal static bool Contains(IEnumerable<string> table, string path)
    {
        string wanted = Escape(path);
        return table.Any(line => line.Split(' ', MountPointField + 2) is { Length: > MountPointField } fields && fields[MountPointField] == wanted);
    }

    // proc(5): the kernel writes blank, tab, newline and backslash as octal numbers.
    private static string Escape(string path)
    {
        var text = new StringBuilder(path.Length);
        foreach (char c in path)
        {
            text = c is ' ' or '\t' or '\n' or '\\'
                ? text.Append('\\').Append(Convert.ToString(c, 8).PadLeft(3, '0'))
                : text.Append(c);
        }

        return text.ToString();
    }
}
