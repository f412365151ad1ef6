using System.Diagnostics;
using Landline.FunctionalTests.Namespaces;
using Landline.Networking.Firewall;
using Landline.Networking.Namespaces;
using Landline.Networking.Processes;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Firewall;

public sealed class OwnedNftTableTests : IAsyncLifetime
{
    private const string Body = """
        set live {
            type inet_service
            flags timeout
        }
        chain prerouting {
            type nat hook prerouting priority dstnat
            tcp dport @live redirect to :9999
        }
        """;

    private Process _pod = null!;
    private NetworkNamespace _namespace = null!;

    public async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            _pod = await NetworkNamespaceTests.StartPodAsync();
            _namespace = NetworkNamespace.OfProcess(_pod.Id);
        }
    }

    public ValueTask DisposeAsync()
    {
        _namespace?.Dispose();
        _pod?.Kill();
        return ValueTask.CompletedTask;
    }

    [RootFact]
    public async Task The_table_is_there_until_its_owner_is_killed()
    {
        await using OwnedNftTable table = await StartAsync();
        string rules = await RulesAsync();
        Assert.Contains("table inet landline", rules, StringComparison.Ordinal);
        Assert.Contains("flags owner", rules, StringComparison.Ordinal);
        Assert.Contains("tcp dport @live redirect to :9999", rules, StringComparison.Ordinal);
        Assert.False(table.Ended.IsCompleted);

        using Process owner = Process.GetProcessById(table.OwnerId);
        owner.Kill();
        await table.Ended.WaitAsync(Deadline.Token);

        Assert.Empty(await RulesAsync());
        await Assert.ThrowsAsync<NftException>(() => table.RunAsync("add element inet landline live { 80 }", Deadline.Token));
    }

    [RootFact]
    public async Task Disposing_removes_the_table()
    {
        OwnedNftTable table = await StartAsync();

        await table.DisposeAsync();

        Assert.Empty(await RulesAsync());
        Assert.True(table.Ended.IsCompleted);
    }

    [RootFact]
    public async Task Elements_expire_unless_they_are_refreshed()
    {
        await using OwnedNftTable table = await StartAsync();
        await table.RefreshAsync("live", ["8080", "9090"], TimeSpan.FromMilliseconds(1500), Deadline.Token);
        await table.RefreshAsync("live", ["8080"], TimeSpan.FromMinutes(10), Deadline.Token);
        Assert.Contains("8080", await RulesWithoutAsync("9090"), StringComparison.Ordinal);

        await table.RefreshAsync("live", ["8080"], TimeSpan.FromMilliseconds(1500), Deadline.Token);
        await RulesWithoutAsync("elements");
    }

    [RootFact]
    public async Task What_nft_refuses_is_told_and_the_table_lives_on()
    {
        await using OwnedNftTable table = await StartAsync();

        var syntax = await Assert.ThrowsAsync<NftException>(() => table.RunAsync("add rubbish", Deadline.Token));
        var missing = await Assert.ThrowsAsync<NftException>(
            () => table.RunAsync("add element inet landline none { 80 }", Deadline.Token));

        Assert.Contains("syntax error", syntax.Message, StringComparison.Ordinal);
        Assert.Contains("No such file", missing.Message, StringComparison.Ordinal);
        await table.RefreshAsync("live", ["80"], TimeSpan.FromSeconds(60), Deadline.Token);
        Assert.Contains("80 timeout 1m", await RulesAsync(), StringComparison.Ordinal);
    }

    [RootFact]
    public async Task A_definition_that_nft_refuses_leaves_nothing()
    {
        await Assert.ThrowsAsync<NftException>(() => OwnedNftTable.StartAsync(
            _namespace.DescriptorPath, "inet", "landline", "chain c { type rubbish }", Deadline.Token));

        Assert.Empty(await RulesAsync());
    }

    [RootFact]
    public async Task Commands_from_many_sides_each_get_their_own_answer()
    {
        await using OwnedNftTable table = await StartAsync();

        await Task.WhenAll(Enumerable.Range(1, 100).Select(async port =>
        {
            string set = port % 2 == 0 ? "live" : "none";
            Task run = table.RunAsync($"add element inet landline {set} {{ {port} timeout 60s }}", Deadline.Token);
            if (port % 2 == 0)
            {
                await run;
            }
            else
            {
                await Assert.ThrowsAsync<NftException>(() => run);
            }
        }));
    }

    private async Task<string> RulesWithoutAsync(string word)
    {
        CancellationToken deadline = Deadline.Token;
        string rules;
        while ((rules = await RulesAsync()).Contains(word, StringComparison.Ordinal))
        {
            deadline.ThrowIfCancellationRequested();
        }

        return rules;
    }

    private Task<OwnedNftTable> StartAsync() =>
        OwnedNftTable.StartAsync(_namespace.DescriptorPath, "inet", "landline", Body, Deadline.Token);

    private async Task<string> RulesAsync() => await SystemTool.CheckedAsync(
        "nsenter", [$"--net={_namespace.DescriptorPath}", "nft", "list", "ruleset"], string.Empty, TimeSpan.FromSeconds(10), Deadline.Token);
}
