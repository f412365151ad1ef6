using System.Globalization;
using Landline.Networking.Interop;

namespace Landline.Networking.Processes;

/// <summary>
/// The pages of programs and libraries that this process has mapped to run or to read. Many were needed once, at the start. They
/// are the page cache's, so letting go of them loses nothing: what is needed again is mapped again, in a microsecond. Meanwhile
/// the system may use them for something else first. proc_pid_smaps(5), madvise(2).
/// </summary>
internal sealed class ProgramPages
{
    private readonly HashSet<Mapping> _mappings = [];

    private ProgramPages()
    {
    }

    /// <summary>Those that are mapped now; none where a hardened system does not let a process see its own.</summary>
    public static ProgramPages Find()
    {
        var pages = new ProgramPages();
        try
        {
            pages.Read(File.ReadLines("/proc/self/smaps"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            pages._mappings.Clear();
        }

        return pages;
    }

    /// <summary>
    /// Unmaps the pages of what is mapped as it was when these were found. A library that is being loaded is not: its place is
    /// mapped first and filled afterwards. So this is to be called some seconds later.
    /// </summary>
    public void Release()
    {
        foreach (Mapping mapping in Find()._mappings.Where(_mappings.Contains))
        {
            _ = Libc.madvise(mapping.Start, mapping.Length, Libc.MADV_DONTNEED);
        }
    }

    private void Read(IEnumerable<string> lines)
    {
        Mapping? mapping = null;
        foreach (string line in lines)
        {
            if (!char.IsAsciiLetterUpper(line[0]))
            {
                mapping = Mapping.Parse(line);
            }
            else if (mapping is not null && line.StartsWith("Anonymous:", StringComparison.Ordinal))
            {
                // What was written to, as the loader does when it relocates, is no longer the file's and would be lost.
                if (line.EndsWith(" 0 kB", StringComparison.Ordinal))
                {
                    _mappings.Add(mapping);
                }

                mapping = null;
            }
        }
    }

    private sealed record Mapping(nint Start, nuint Length, string Line)
    {
        /// <summary>A file that is mapped to be run, or shared to be read; null: something else.</summary>
        /// <param name="line">As in <c>55d0…-55d1… r-xp 00001000 fd:00 1234 /usr/bin/landline</c>.</param>
        public static Mapping? Parse(string line)
        {
            string[] parts = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (parts is not [var range, "r-xp" or "r--s", _, _, _, ['/', ..] path] || path.EndsWith(" (deleted)", StringComparison.Ordinal))
            {
                return null;
            }

            string[] ends = range.Split('-');
            nint start = nint.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            nint end = nint.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return new Mapping(start, (nuint)(end - start), line);
        }
    }
}
