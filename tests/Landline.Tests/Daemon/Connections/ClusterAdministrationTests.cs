using Landline.Daemon.Connections;
using Landline.Protocol.Errors;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;

namespace Landline.Tests.Daemon.Connections;

public sealed class ClusterAdministrationTests : IAsyncLifetime
{
    private const string Pods = "/api/v1/namespaces/landline/pods";

    private readonly string _kubeconfig = Path.GetTempFileName();
    private FakeApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        await File.WriteAllTextAsync(_kubeconfig, _server.Kubeconfig("token: t"), Deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        File.Delete(_kubeconfig);
    }

    [Fact]
    public async Task A_pod_that_is_just_starting_hides_no_other_pods_log()
    {
        _server.Answer = context => AnswerAsync(context, agent: StatusCodes.Status400BadRequest, "BadRequest");

        IReadOnlyDictionary<string, string> logs = await ReadAsync();

        Assert.Equal("what the manager says\n", logs["manager"]);
        Assert.Equal("container agent is waiting to start\n", logs["agent"]);
    }

    [Fact]
    public async Task Without_the_right_it_says_what_is_not_allowed()
    {
        _server.Answer = context => AnswerAsync(context, agent: StatusCodes.Status403Forbidden, "Forbidden");

        Assert.Contains("show the manager's log", (await Assert.ThrowsAsync<UserErrorException>(ReadAsync)).Message, StringComparison.Ordinal);
    }

    private async Task<IReadOnlyDictionary<string, string>> ReadAsync()
    {
        using var administration = new ClusterAdministration(ClusterTarget.Load(_kubeconfig, null, null, null), TimeProvider.System);
        return await administration.ReadLogsAsync("landline", Deadline.Token);
    }

    private static async Task<bool> AnswerAsync(HttpContext context, int agent, string reason)
    {
        switch (context.Request.Path.Value)
        {
            case Pods:
                await context.Response.WriteAsync(
                    """{"kind": "PodList", "metadata": {"resourceVersion": "1"}, "items": [{"metadata": {"name": "agent"} }, {"metadata": {"name": "manager"} }]}""");
                return true;
            case $"{Pods}/manager/log":
                await context.Response.WriteAsync("what the manager says\n");
                return true;
            case $"{Pods}/agent/log":
                context.Response.StatusCode = agent;
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(
                    $$"""{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": {{agent}}, "reason": "{{reason}}", "message": "container agent is waiting to start"}""");
                return true;
            default:
                return false;
        }
    }
}
