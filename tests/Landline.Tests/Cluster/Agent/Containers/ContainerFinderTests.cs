using System.Globalization;
using Landline.Cluster.Agent.Containers;

namespace Landline.Tests.Cluster.Agent.Containers;

public sealed class ContainerFinderTests : IDisposable
{
    private const string Id = "3f1c0ee8a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c";

    private readonly DirectoryInfo _proc = Directory.CreateTempSubdirectory("landline-proc-");

    public void Dispose() => _proc.Delete(recursive: true);

    [Theory]
    [InlineData("0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podab.slice/cri-containerd-{0}.scope")]
    [InlineData("0::/kubepods/besteffort/pod0a1b/{0}")]
    [InlineData("11:memory:/kubepods/burstable/pod0a1b/{0}\n1:name=systemd:/kubepods/burstable/pod0a1b/{0}")]
    [InlineData("0::/kubepods.slice/kubepods-podab.slice/crio-{0}.scope")]
    [InlineData("5:cpu:/kubepods/pod0a1b/docker-{0}.scope")]
    [InlineData("3:cpuset:/docker/{0}")]
    [InlineData("0::/kubepods/besteffort/pod0a1b/{0}/init.scope")]
    [InlineData("0::/system.slice/containerd.service/kubepods-pod0a1b.slice:cri-containerd:{0}")]
    public void A_container_is_found_whatever_its_runtime_calls_its_cgroup(string cgroup)
    {
        AddProcess(41, string.Format(CultureInfo.InvariantCulture, cgroup, Id), startTime: 900);
        AddProcess(42, "0::/kubepods/besteffort/pod0a1b/" + new string('0', 64), startTime: 1);

        Assert.Equal(41, Finder.Find("containerd://" + Id)?.ProcessId);
    }

    [Fact]
    public void The_oldest_process_stands_for_the_container()
    {
        AddProcess(900, "0::/pod/" + Id, startTime: 100);
        AddProcess(17, "0::/pod/" + Id, startTime: 5000);

        Assert.Equal(900, Finder.Find(Id)?.ProcessId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("docker://")]
    [InlineData("containerd://3f1c")]
    [InlineData("containerd://../../../../etc/passwd/aaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void What_is_no_container_id_finds_nothing(string id)
    {
        AddProcess(41, "0::/pod/" + Id, startTime: 900);

        Assert.Null(Finder.Find(id));
    }

    [Fact]
    public void A_container_nested_in_the_container_is_not_the_container()
    {
        AddProcess(41, $"0::/pod/{Id}/docker/{new string('a', 64)}", startTime: 900);

        Assert.Null(Finder.Find(Id));
    }

    [Fact]
    public void A_process_id_that_was_given_to_another_process_is_not_alive()
    {
        AddProcess(41, "0::/pod/" + Id, startTime: 900);
        ContainerProcess process = Finder.Find(Id)!;
        Assert.True(process.IsAlive);

        AddProcess(41, "0::/other", startTime: 901);

        Assert.False(process.IsAlive);
    }

    private ContainerFinder Finder => new(_proc.FullName);

    private void AddProcess(int id, string cgroup, ulong startTime)
    {
        DirectoryInfo directory = _proc.CreateSubdirectory(id.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText(Path.Combine(directory.FullName, "cgroup"), cgroup + "\n");
        File.WriteAllText(
            Path.Combine(directory.FullName, "stat"),
            $"{id} (a name) with) S {string.Join(' ', Enumerable.Repeat("0", 18))} {startTime} 0 0\n");
    }
}
