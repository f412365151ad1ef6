using System.Buffers;

namespace Landline.Cluster.Agent.Containers;

/// <summary>
/// Finds a container's processes by its id in <c>/proc/*/cgroup</c>, where every runtime writes it: containerd, CRI-O and
/// Docker, cgroup version 1 and 2, with cgroupfs names (<c>…/ID</c>) and systemd's (<c>…/cri-containerd-ID.scope</c>).
/// </summary>
/// <param name="proc">The proc file system's folder. The agent shares the node's process ids, so it sees all.</param>
internal sealed class ContainerFinder(string proc)
{
    // Ids of the runtimes are 64 hexadecimal digits; a shorter one could match another container's.
    private const int ShortestId = 32;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly KnownProcesses _known = new(proc);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <param name="containerId">As in a pod's status, with or without <c>containerd://</c> and the like.</param>
    /// <returns>The process that started first; null when none runs.</returns>
    public ContainerProcess? Find(string containerId)
    {
        ContainerProcess? first = null;
        string[] ids = IdsOf([containerId]);
        foreach (int processId in ids.Length == 0 ? [] : ProcFile.ProcessIds(proc).Where(processId => ContainersOf(proc, processId).Any(ids.Contains)))
        {
            // The oldest one is the container's own; what `kubectl exec` and exec probes start is younger.
            if (ProcFile.ReadStartTime(proc, processId) is { } started
                && (first is null || started < first.StartTime || (started == first.StartTime && processId < first.ProcessId)))
            {
                first = new ContainerProcess(proc, processId, started);
            }
        }

        return first;
    }

    /// <summary>As <see cref="KnownProcesses"/> remembers it, for whoever asks often.</summary>
    public IReadOnlyList<int> ProcessIdsOf(string[] containerIds)
    {
        string[] ids = IdsOf(containerIds);
        return ids.Length == 0 ? [] : _known.In(ids, TimeProvider);
    }

    // A line is "hierarchy:controllers:path". The last segment that names any container decides: below it are the
    // groups that the container made itself (a systemd in it), above it those of a container around it.
    internal static string[] ContainersOf(string proc, int processId)
    {
        var containers = new HashSet<string>(StringComparer.Ordinal);
        foreach (ReadOnlySpan<char> line in (ProcFile.ReadOrNull($"{proc}/{processId}/cgroup") ?? "").AsSpan().EnumerateLines())
        {
            for (ReadOnlySpan<char> path = line; path.LastIndexOf('/') is var slash and >= 0; path = path[..slash])
            {
                ReadOnlySpan<char> found = ContainerIdIn(path[(slash + 1)..]);
                if (!found.IsEmpty)
                {
                    containers.Add(found.ToString());
                    break;
                }
            }
        }

        return [.. containers];
    }

    private static string[] IdsOf(string[] containerIds) =>
    [
        .. containerIds.Select(id => id[(id.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0 ? scheme + 3 : 0)..])
            .Where(id => id.Length >= ShortestId && id.All(char.IsAsciiHexDigit)),
    ];

    private static ReadOnlySpan<char> ContainerIdIn(ReadOnlySpan<char> segment)
    {
        foreach (Range part in segment.SplitAny('-', ':', '.'))
        {
            if (segment[part].Length >= ShortestId && !segment[part].ContainsAnyExcept(HexDigits))
            {
                return segment[part];
            }
        }

        return default;
    }
}
