using System.Globalization;
using Landline.Networking.Files;
using Landline.Networking.Namespaces;

namespace Landline.Cluster.Agent.Containers;

/// <summary>
/// The first process of a container, through which its namespaces, files and environment are reached (proc(5)). A process
/// id can be given to another process later: <see cref="IsAlive"/> compares the start time too.
/// </summary>
/// <param name="Proc">The proc file system's folder.</param>
/// <param name="StartTime">Clock ticks after boot at which it started, field 22 of <c>/proc/PID/stat</c>.</param>
internal sealed record ContainerProcess(string Proc, int ProcessId, ulong StartTime)
{
    /// <summary>Enough for what a pod's specification can hold (etcd's limit for an object is 1.5 MiB).</summary>
    private const int LargestEnvironmentBytes = 4 * 1024 * 1024;

    public string NetworkNamespacePath => $"{Proc}/{ProcessId}/ns/net";

    public string RootPath => $"{Proc}/{ProcessId}/root";

    public bool IsAlive => ProcFile.ReadStartTime(Proc, ProcessId) == StartTime;

    /// <summary>A pod whose sandbox was made anew has another network namespace, although it is the same pod. True also when the process has ended.</summary>
    public bool IsIn(NetworkNamespace held) =>
        ProcFile.ReadLinkOrNull(NetworkNamespacePath) is not { } now || now == ProcFile.ReadLinkOrNull(held.DescriptorPath);

    /// <summary>
    /// The environment that the process was started with: NAME=VALUE, each ended by a NUL byte. Empty also while the process
    /// is within execve(2), where it has none for some microseconds.
    /// </summary>
    /// <exception cref="IOException">The process has ended, or its environment is larger than the bound.</exception>
    public byte[] ReadEnvironment()
    {
        using FileStream file = File.OpenRead($"{Proc}/{ProcessId}/environ");
        using var copy = new MemoryStream();
        byte[] chunk = new byte[16 * 1024];
        for (int read; (read = file.Read(chunk)) > 0;)
        {
            copy.Write(chunk, 0, read);
            if (copy.Length > LargestEnvironmentBytes)
            {
                throw new IOException($"The environment is larger than {LargestEnvironmentBytes} bytes.");
            }
        }

        return copy.ToArray();
    }

    /// <summary>Whose permissions its file accesses have, as seen from the agent's user namespace.</summary>
    public FileIdentity ReadIdentity()
    {
        uint user = 0, group = 0;
        uint[] groups = [];
        foreach (string line in File.ReadLines($"{Proc}/{ProcessId}/status"))
        {
            // Real, effective, saved and file system id, in this order.
            if (line.StartsWith("Uid:", StringComparison.Ordinal))
            {
                user = Numbers(line)[3];
            }
            else if (line.StartsWith("Gid:", StringComparison.Ordinal))
            {
                group = Numbers(line)[3];
            }
            else if (line.StartsWith("Groups:", StringComparison.Ordinal))
            {
                groups = Numbers(line);
            }
        }

        return new FileIdentity(user, group, groups);
    }

    private static uint[] Numbers(string line) =>
    [
        .. line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..]
            .Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries)
            .Select(text => uint.Parse(text, CultureInfo.InvariantCulture)),
    ];
}
