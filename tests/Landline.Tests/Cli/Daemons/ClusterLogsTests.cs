using Landline.Cli.Daemons;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;
using ConnectionInfo = Landline.Protocol.Api.ConnectionInfo;

namespace Landline.Tests.Cli.Daemons;

/// <summary>The logs that are gathered are those of what is connected.</summary>
public sealed class ClusterLogsTests : IAsyncLifetime
{
    private readonly string _kubeconfig = Path.GetTempFileName();
    private FakeApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _server.Answer = AnswerAsync;
        await File.WriteAllTextAsync(_kubeconfig, _server.Kubeconfig("token: t"), Deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        File.Delete(_kubeconfig);
    }

    [Fact]
    public async Task A_connection_is_asked_with_its_own_kubeconfig_user_and_namespace()
    {
        IReadOnlyList<ClusterLogSource> sources = ClusterLogs.SourcesOf([Connection("lab", "tools") with { ActAs = "bob", KubeconfigFile = _kubeconfig }]);

        var logs = await new ClusterLogs(TimeProvider.System).ReadAsync(sources, Deadline.Token);

        Assert.Equal([("cluster/manager.log", "of tools\n")], logs);
        Assert.All(_server.Requests, request => Assert.Equal("bob", request.Headers["Impersonate-User"]));
    }

    [Fact]
    public async Task Of_several_each_manager_is_asked_once_and_one_that_cannot_be_says_why()
    {
        IReadOnlyList<ClusterLogSource> sources = ClusterLogs.SourcesOf(
        [
            Connection("a", "tools") with { Kubeconfig = $"/nowhere:{_kubeconfig}", Server = "https://one" },
            Connection("b", "tools") with { Kubeconfig = _kubeconfig, Server = "https://one" },
            Connection("c", "tools") with { KubeconfigFile = "/nowhere", Server = "https://two" },
        ]);

        var logs = await new ClusterLogs(TimeProvider.System).ReadAsync(sources, Deadline.Token);

        Assert.Equal(["cluster/a/manager.log", "cluster/c/unavailable.log"], logs.Select(log => log.Name));
        Assert.StartsWith("The kubeconfig /nowhere does not exist.", logs[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_crashed_says_nothing_of_a_cluster() => Assert.Empty(ClusterLogs.SourcesOf(
        [new ConnectionInfo { Name = "lab", Status = ConnectionState.Crashed, StatusSince = TimeProvider.System.GetUtcNow() }]));

    private static ConnectionInfo Connection(string name, string managerNamespace) => new()
    {
        Name = name,
        Status = ConnectionState.Connected,
        StatusSince = TimeProvider.System.GetUtcNow(),
        Context = "fake",
        Namespace = "work",
        ManagerNamespace = managerNamespace,
    };

    private static async Task<bool> AnswerAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/api/v1/namespaces/tools/pods":
                await context.Response.WriteAsync("""{"kind": "PodList", "metadata": {"resourceVersion": "1"}, "items": [{"metadata": {"name": "manager"} }]}""");
                return true;
            case "/api/v1/namespaces/tools/pods/manager/log":
                await context.Response.WriteAsync("of tools\n");
                return true;
            default:
                return false;
        }
    }
}
