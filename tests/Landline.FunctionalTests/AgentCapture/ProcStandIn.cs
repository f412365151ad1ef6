using System.Diagnostics;
using Landline.Benchmarks.Networks;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentCapture;

/// <summary>
/// A proc file system in which this machine's processes are in containers as the test says; all else about them is true.
/// </summary>
internal sealed class ProcStandIn : IDisposable
{
    /// <summary>As runtimes make them.</summary>
    public static readonly string ContainerId = new('a', 64);

    private const string Groups = "cgroup";

    private static readonly string[] True = ["fd", "net", "ns", "stat", "status"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("landline-proc-");
    private readonly HashSet<int> _processes = [];

    public string Path => _folder.FullName;

    public void Add(int processId, string containerId)
    {
        Directory.CreateDirectory(FolderOf(processId));
        foreach (string name in True)
        {
            File.CreateSymbolicLink($"{FolderOf(processId)}/{name}", $"/proc/{processId}/{name}");
        }

        File.WriteAllText($"{FolderOf(processId)}/{Groups}", $"0::/kubepods.slice/cri-containerd-{containerId}.scope\n");
        _processes.Add(processId);
    }

    /// <summary>A container of one process in a network namespace.</summary>
    public async Task<Process> StartContainerAsync(string network)
    {
        // What is in the test's own namespace for its first moment would be taken for a pod there.
        Process process = NamespacePair.Start(network, "sleep", "infinity");
        while (new FileInfo($"/proc/{process.Id}/ns/net").LinkTarget == new FileInfo("/proc/self/ns/net").LinkTarget)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Deadline.Token);
        }

        Add(process.Id, ContainerId);
        return process;
    }

    // One by one: nothing may look behind these links for what to delete.
    public void Remove(int processId)
    {
        foreach (string name in True.Append(Groups))
        {
            File.Delete($"{FolderOf(processId)}/{name}");
        }

        Directory.Delete(FolderOf(processId));
        _processes.Remove(processId);
    }

    public void Dispose()
    {
        foreach (int processId in _processes.ToArray())
        {
            Remove(processId);
        }

        _folder.Delete();
    }

    private string FolderOf(int processId) => $"{Path}/{processId}";
}
