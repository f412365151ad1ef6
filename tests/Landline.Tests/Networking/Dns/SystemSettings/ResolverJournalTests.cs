using System.Net;
using Landline.Networking.Dns.SystemSettings;
using Landline.Networking.Processes;
using Landline.TestSupport;

namespace Landline.Tests.Networking.Dns.SystemSettings;

public sealed class ResolverJournalTests : IDisposable
{
    private const string Original = "nameserver 192.0.2.53\noptions edns0\n";
    private static readonly ProcessIdentity Dead = ProcessIdentity.Current with { StartTime = 1 };

    private readonly string _directory = Directory.CreateTempSubdirectory("landline-").FullName;
    private readonly ResolverPaths _paths;
    private readonly ResolverJournal _journal;

    public ResolverJournalTests()
    {
        _paths = new ResolverPaths(
            Path.Combine(_directory, "resolv.conf"),
            Path.Combine(_directory, "run"),
            Path.Combine(_directory, "var"),
            Path.Combine(_directory, "resolved"));
        _journal = new ResolverJournal(_paths);
        File.WriteAllText(_paths.ResolvConf, Original);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Nothing_is_left_when_the_last_overlay_is_gone()
    {
        await _journal.PutAsync(Overlay("100.64.0.1"), Deadline.Token);
        await _journal.PutAsync(Overlay("100.64.0.5"), Deadline.Token);
        Assert.False(_journal.NeedsRepair());

        await _journal.RemoveAsync(Overlay("100.64.0.1"), Deadline.Token);
        await _journal.RemoveAsync(Overlay("100.64.0.5"), Deadline.Token);

        AssertPutBack();
    }

    [Fact]
    public async Task Putting_an_overlay_again_replaces_it_in_its_place()
    {
        await _journal.PutAsync(Overlay("100.64.0.1"), Deadline.Token);
        await _journal.PutAsync(Overlay("100.64.0.5"), Deadline.Token);

        await _journal.PutAsync(Overlay("100.64.0.1") with { SearchDomains = ["new.example"] }, Deadline.Token);

        Assert.Contains("nameserver 100.64.0.5\n", Text, StringComparison.Ordinal);
        Assert.Contains("search new.example\n", Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_change_removes_what_dead_owners_left()
    {
        await _journal.PutAsync(Overlay("100.64.0.1") with { Owner = Dead }, Deadline.Token);
        Assert.True(_journal.NeedsRepair());

        await _journal.PutAsync(Overlay("100.64.0.5"), Deadline.Token);
        Assert.False(_journal.NeedsRepair());
        Assert.Equal([IPAddress.Parse("192.0.2.53")], _journal.ServersBelow(IPAddress.Parse("100.64.0.5")));

        await _journal.RemoveAsync(Overlay("100.64.0.5"), Deadline.Token);
        AssertPutBack();
    }

    [Fact]
    public async Task A_dead_overlay_in_the_middle_is_passed_over_before_anybody_repairs()
    {
        await _journal.PutAsync(Overlay("100.64.0.1"), Deadline.Token);
        await _journal.PutAsync(Overlay("100.64.0.5"), Deadline.Token);

        Assert.Equal([IPAddress.Parse("100.64.0.1")], _journal.ServersBelow(IPAddress.Parse("100.64.0.5")));
        Assert.True(_journal.HasConnectionBelow(IPAddress.Parse("100.64.0.5")));
        Assert.False(_journal.HasConnectionBelow(IPAddress.Parse("100.64.0.1")));
        await _journal.PutAsync(Overlay("100.64.0.9") with { Owner = Dead }, Deadline.Token);
        Assert.Equal([IPAddress.Parse("192.0.2.53")], _journal.ServersBelow(IPAddress.Parse("100.64.0.1")));
    }

    [Fact]
    public async Task Repair_works_from_the_copy_when_the_journal_is_gone()
    {
        await _journal.PutAsync(Overlay("100.64.0.1") with { Owner = Dead }, Deadline.Token);
        Directory.Delete(_paths.Directory, recursive: true);

        Assert.True(_journal.NeedsRepair());
        await _journal.RepairAsync(Deadline.Token);

        AssertPutBack();
    }

    [Fact]
    public async Task Repair_works_from_the_file_alone_when_journal_and_copy_are_gone_or_damaged()
    {
        await _journal.PutAsync(Overlay("100.64.0.1") with { Owner = Dead }, Deadline.Token);
        await File.WriteAllTextAsync(Path.Combine(_paths.Directory, "resolver.json"), "{ half", Deadline.Token);
        Directory.Delete(_paths.BackupDirectory, recursive: true);

        Assert.True(_journal.NeedsRepair());
        await _journal.RepairAsync(Deadline.Token);

        AssertPutBack();
    }

    [Fact]
    public async Task Repair_does_nothing_where_nothing_is_wrong()
    {
        DateTime written = File.GetLastWriteTimeUtc(_paths.ResolvConf);

        await _journal.RepairAsync(Deadline.Token);

        AssertPutBack();
        Assert.Equal(written, File.GetLastWriteTimeUtc(_paths.ResolvConf));
    }

    [Fact]
    public async Task A_crash_between_journal_and_file_is_harmless()
    {
        await _journal.PutAsync(Overlay("100.64.0.1") with { Owner = Dead }, Deadline.Token);
        await File.WriteAllTextAsync(_paths.ResolvConf, Original, Deadline.Token);

        await _journal.RepairAsync(Deadline.Token);

        AssertPutBack();
    }

    [Fact]
    public async Task A_missing_file_is_missing_again_afterwards()
    {
        File.Delete(_paths.ResolvConf);

        await _journal.PutAsync(Overlay("100.64.0.1"), Deadline.Token);
        Assert.Contains("nameserver 100.64.0.1\n", Text, StringComparison.Ordinal);
        await _journal.RemoveAsync(Overlay("100.64.0.1"), Deadline.Token);

        Assert.False(File.Exists(_paths.ResolvConf));
    }

    [Fact]
    public async Task A_link_stays_a_link_and_what_it_points_to_is_written_in_place()
    {
        string target = Path.Combine(_directory, "elsewhere");
        File.Move(_paths.ResolvConf, target);
        File.CreateSymbolicLink(_paths.ResolvConf, target);

        await _journal.PutAsync(Overlay("100.64.0.1"), Deadline.Token);
        await _journal.RemoveAsync(Overlay("100.64.0.1"), Deadline.Token);

        Assert.Equal(target, new FileInfo(_paths.ResolvConf).LinkTarget);
        AssertPutBack();
    }

    [Fact]
    public async Task Bytes_that_are_no_text_survive()
    {
        byte[] odd = [.. "# caf"u8, 0xE9, 0xFF, 0x00, (byte)'\n', .. "nameserver 192.0.2.1"u8];
        await File.WriteAllBytesAsync(_paths.ResolvConf, odd, Deadline.Token);

        await _journal.PutAsync(Overlay("100.64.0.1"), Deadline.Token);
        await _journal.RemoveAsync(Overlay("100.64.0.1"), Deadline.Token);

        Assert.Equal(odd, await File.ReadAllBytesAsync(_paths.ResolvConf, Deadline.Token));
    }

    [Fact]
    public async Task Of_two_connections_one_puts_both_on_top_of_what_somebody_wrote()
    {
        await _journal.PutAsync(Overlay("100.64.0.1"), Deadline.Token);
        await _journal.PutAsync(Overlay("100.64.0.5"), Deadline.Token);
        await File.WriteAllTextAsync(_paths.ResolvConf, "nameserver 203.0.113.53\n", Deadline.Token);

        Assert.True(await _journal.PutAgainAsync(Overlay("100.64.0.1"), Deadline.Token));
        Assert.False(await _journal.PutAgainAsync(Overlay("100.64.0.5"), Deadline.Token));

        Assert.Contains("nameserver 100.64.0.5\n", Text, StringComparison.Ordinal);
        Assert.Equal([IPAddress.Parse("100.64.0.1")], _journal.ServersBelow(IPAddress.Parse("100.64.0.5")));
        Assert.Equal([IPAddress.Parse("203.0.113.53")], _journal.ServersBelow(IPAddress.Parse("100.64.0.1")));
    }

    [Fact]
    public async Task Many_at_once_leave_nothing_behind()
    {
        await Task.WhenAll(Enumerable.Range(1, 20).Select(async number =>
        {
            ResolverOverlay overlay = Overlay($"100.64.1.{number}");
            await _journal.PutAsync(overlay, Deadline.Token);
            await _journal.RemoveAsync(overlay, Deadline.Token);
        }));

        AssertPutBack();
    }

    private string Text => File.ReadAllText(_paths.ResolvConf);

    private static ResolverOverlay Overlay(string nameServer) => new("test", nameServer, [], ProcessIdentity.Current);

    private void AssertPutBack()
    {
        Assert.Equal(Original, Text);
        Assert.False(_journal.NeedsRepair());
        Assert.Empty(Directory.GetFiles(_paths.Directory, "*.json*"));
        Assert.False(Directory.Exists(_paths.BackupDirectory) && Directory.GetFiles(_paths.BackupDirectory).Length > 0);
    }
}
