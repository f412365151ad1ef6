using System.Globalization;
using Landline.Cluster.Agent.Containers;
using Landline.TestSupport;

namespace Landline.Tests.Cluster.Agent.Containers;

public sealed class KnownProcessesTests : IDisposable
{
    private const int Processes = 20;

    private static readonly string Container = new('a', 64);
    private static readonly string Other = new('b', 64);
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(1);

    private readonly DirectoryInfo _proc = Directory.CreateTempSubdirectory("landline-proc-");
    private readonly ManualTime _time = new();
    private readonly ContainerFinder _finder;

    public KnownProcessesTests()
    {
        _finder = new ContainerFinder(_proc.FullName) { TimeProvider = _time };
        for (int processId = 1; processId <= Processes; processId++)
        {
            Put(processId, Other);
        }
    }

    public void Dispose() => _proc.Delete(recursive: true);

    [Fact]
    public void What_has_been_there_for_a_second_is_read_once_in_a_second()
    {
        Settle();
        Put(7, Container);

        _time.Advance(Remembered - TimeSpan.FromTicks(1));
        Assert.Empty(Find());

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([7], Find());
    }

    [Fact]
    public void A_new_process_is_found_at_once_also_when_it_joins_its_container_after_it_was_seen()
    {
        Settle();
        Put(Processes + 1, Container);
        Put(Processes + 2, Other);

        Assert.Equal([Processes + 1], Find());

        Put(Processes + 2, Container);
        Assert.Equal([Processes + 1, Processes + 2], Find());
    }

    [Fact]
    public void A_process_that_has_ended_is_forgotten()
    {
        Settle();
        Directory.Delete(FolderOf(9), recursive: true);
        Assert.Empty(Find());

        Put(9, Container);
        Assert.Equal([9], Find());
    }

    [Fact]
    public void A_process_that_was_not_seen_for_long_counts_as_new()
    {
        Settle();
        _time.Advance(Remembered * 3);
        Assert.Empty(Find());

        Put(7, Container);
        Assert.Equal([7], Find());
    }

    private void Settle()
    {
        Assert.Empty(Find());
        _time.Advance(Remembered);
        Assert.Empty(Find());
    }

    private IEnumerable<int> Find() => _finder.ProcessIdsOf(["containerd://" + Container]).Order();

    private void Put(int processId, string container)
    {
        Directory.CreateDirectory(FolderOf(processId));
        File.WriteAllText(Path.Combine(FolderOf(processId), "cgroup"), $"0::/kubepods/pod0/{container}\n");
    }

    private string FolderOf(int processId) => Path.Combine(_proc.FullName, processId.ToString(CultureInfo.InvariantCulture));
}
