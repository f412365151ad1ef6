using System.Net;
using System.Threading.Channels;
using Landline.Networking.Dns.SystemSettings;
using Landline.TestSupport;

namespace Landline.Tests.Networking.Dns.SystemSettings;

/// <summary>Another program, which is the test, writes resolv.conf while a connection stands.</summary>
public sealed class ResolvConfSettingsTests : IAsyncLifetime
{
    private const string Theirs = "nameserver 203.0.113.53\n";
    private const string Ours = "nameserver 198.19.0.1\n";
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly IPAddress Server = IPAddress.Parse("198.19.0.1");

    private readonly string _directory = Directory.CreateTempSubdirectory("landline-").FullName;
    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<ResolverNotice> _notices = Channel.CreateBounded<ResolverNotice>(100);
    private readonly ResolverPaths _paths;
    private readonly ResolvConfSettings _settings;
    private Task _watching = Task.CompletedTask;

    public ResolvConfSettingsTests()
    {
        _paths = new ResolverPaths(
            Path.Combine(_directory, "resolv.conf"), Path.Combine(_directory, "run"), Path.Combine(_directory, "var"), "/nonexistent");
        _settings = new ResolvConfSettings(new ResolverJournal(_paths));
    }

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_paths.ResolvConf, "nameserver 192.0.2.53\n", Deadline.Token);
        await _settings.ApplyAsync(new ResolverRequest("lab", "landline0", Server, ["cluster.local"], []), Deadline.Token);
        _watching = _settings.WatchAsync(notice => _notices.Writer.WriteAsync(notice).AsTask(), _time, _stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Our_lines_go_on_top_of_what_was_written_in_place_or_by_renaming(bool renamed)
    {
        await OverwriteAsync(renamed);
        await LookAsync();

        Assert.True((await _notices.Reader.ReadAsync(Deadline.Token)).IsInForce);
        Assert.Contains(Ours, Text, StringComparison.Ordinal);
        Assert.Equal([IPAddress.Parse("203.0.113.53")], new ResolverJournal(_paths).ServersBelow(Server));
        await _settings.RevertAsync(Deadline.Token);
        Assert.Equal(Theirs, Text);
    }

    [Fact]
    public async Task A_file_that_nobody_writes_is_left_as_it_is()
    {
        DateTime written = File.GetLastWriteTimeUtc(_paths.ResolvConf);

        await LookAsync();
        await LookAsync();
        await OverwriteAsync(renamed: false);
        await LookAsync();

        // The only notice is of the one change.
        Assert.True((await _notices.Reader.ReadAsync(Deadline.Token)).IsInForce);
        Assert.False(_notices.Reader.TryRead(out _));
        Assert.NotEqual(written, File.GetLastWriteTimeUtc(_paths.ResolvConf));
    }

    [Fact]
    public async Task What_is_written_again_and_again_is_given_up_with_a_notice_until_our_lines_stay_for_a_minute()
    {
        for (int i = 0; i < 5; i++)
        {
            await OverwriteAsync(renamed: false);
            await LookAsync();
            Assert.True((await _notices.Reader.ReadAsync(Deadline.Token)).IsInForce);
        }

        await OverwriteAsync(renamed: false);
        await LookAsync();
        ResolverNotice given = await _notices.Reader.ReadAsync(Deadline.Token);
        Assert.Equal((false, null), (given.IsInForce, given.WriteFailure));

        // One more attempt a minute later, which is no news; the next minute is quiet.
        await OverwriteAsync(renamed: false);
        await _time.AdvanceToTimerAsync(Minute, Deadline.Token);
        await _time.AdvanceToTimerAsync(Minute, Deadline.Token);
        Assert.True((await _notices.Reader.ReadAsync(Deadline.Token)).IsInForce);
        Assert.Contains(Ours, Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_told_once()
    {
        File.Delete(_paths.ResolvConf);
        Directory.CreateDirectory(_paths.ResolvConf);
        await LookAsync();
        ResolverNotice failed = await _notices.Reader.ReadAsync(Deadline.Token);
        Assert.False(failed.IsInForce);
        Assert.NotNull(failed.WriteFailure);

        Directory.Delete(_paths.ResolvConf);
        await OverwriteAsync(renamed: false);
        await _time.AdvanceToTimerAsync(Minute, Deadline.Token);
        await _time.AdvanceToTimerAsync(Minute, Deadline.Token);

        Assert.True((await _notices.Reader.ReadAsync(Deadline.Token)).IsInForce);
        Assert.Contains(Ours, Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_taken_back_is_not_put_again()
    {
        await _settings.RevertAsync(Deadline.Token);
        await OverwriteAsync(renamed: false);
        await LookAsync();
        await LookAsync();

        Assert.Equal(Theirs, Text);
    }

    private string Text => File.ReadAllText(_paths.ResolvConf);

    private Task LookAsync() => _time.AdvanceToTimerAsync(ResolvConfSettings.LookEvery, Deadline.Token);

    private async Task OverwriteAsync(bool renamed)
    {
        string written = renamed ? _paths.ResolvConf + ".new" : _paths.ResolvConf;
        await File.WriteAllTextAsync(written, Theirs, Deadline.Token);
        if (renamed)
        {
            File.Move(written, _paths.ResolvConf, overwrite: true);
        }
    }
}
