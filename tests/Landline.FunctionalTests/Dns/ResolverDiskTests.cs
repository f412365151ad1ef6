using Landline.Networking.Dns.SystemSettings;
using Landline.Networking.Processes;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Dns;

public sealed class ResolverDiskTests : IAsyncLifetime
{
    private const string Original = "nameserver 192.0.2.53\n";
    private readonly string _directory = Directory.CreateTempSubdirectory("landline-").FullName;

    private string Disk => Path.Combine(_directory, "disk");

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Disk);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await SystemTool.RunAsync("umount", ["-l", Disk], string.Empty, TimeSpan.FromSeconds(60), Deadline.Token);
        Directory.Delete(_directory, recursive: true);
    }

    [RootFact]
    public async Task A_full_disk_is_a_failure_that_leaves_everything_as_it_was()
    {
        // Three pages: one for the file, and two that are filled to the last byte.
        await MountAsync("size=12k");
        string path = Path.Combine(Disk, "resolv.conf");
        string original = Original + string.Concat(Enumerable.Repeat("# 9 chars\n", 407));
        await File.WriteAllTextAsync(path, original, Deadline.Token);
        await File.WriteAllBytesAsync(Path.Combine(Disk, "ballast"), new byte[8192], Deadline.Token);
        var journal = Journal(path, Path.Combine(_directory, "run"));

        await Assert.ThrowsAsync<ResolverException>(() => journal.PutAsync(Overlay, Deadline.Token));

        Assert.Equal(original, await File.ReadAllTextAsync(path, Deadline.Token));
        Assert.False(journal.NeedsRepair());
        Assert.Equal(["resolver.lock"], Directory.GetFiles(Path.Combine(_directory, "run")).Select(Path.GetFileName));
    }

    [RootFact]
    public async Task A_journal_that_cannot_be_written_is_a_failure_that_leaves_everything_as_it_was()
    {
        await MountAsync("size=4k");
        string path = Path.Combine(_directory, "resolv.conf");
        await File.WriteAllTextAsync(path, Original, Deadline.Token);
        await File.WriteAllBytesAsync(Path.Combine(Disk, "ballast"), new byte[4096], Deadline.Token);
        var journal = Journal(path, Disk);

        await Assert.ThrowsAsync<ResolverException>(() => journal.PutAsync(Overlay, Deadline.Token));

        Assert.Equal(Original, await File.ReadAllTextAsync(path, Deadline.Token));
        Assert.DoesNotContain(Directory.GetFiles(Disk), name => name.Contains(".json", StringComparison.Ordinal));
    }

    private static ResolverOverlay Overlay =>
        new("test", "100.64.0.1", ["default.svc.cluster.local"], ProcessIdentity.Current);

    private ResolverJournal Journal(string resolvConf, string directory) =>
        new(new ResolverPaths(resolvConf, directory, Path.Combine(_directory, "var"), "/nonexistent"));

    private Task<string> MountAsync(string options) => SystemTool.CheckedAsync(
        "mount", ["-t", "tmpfs", "-o", options, "none", Disk], string.Empty, TimeSpan.FromSeconds(60), Deadline.Token);
}
