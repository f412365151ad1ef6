using System.Text.Json.Nodes;
using Landline.Daemon.Connections;
using Landline.Daemon.Installation;
using Landline.Protocol.Errors;
using Landline.TestSupport;

namespace Landline.Tests.Daemon.Installation;

/// <summary>An installation is taken out whole, or not touched.</summary>
public sealed class UninstallationTests : IAsyncLifetime
{
    private const string Binding = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/landline-manager";
    private const string Deployment = "/apis/apps/v1/namespaces/tools/deployments/landline-manager";
    private const string Account = "/api/v1/namespaces/tools/serviceaccounts/landline-manager";

    private readonly string _kubeconfig = Path.GetTempFileName();
    private FakeApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        await File.WriteAllTextAsync(_kubeconfig, _server.Kubeconfig("token: t"), Deadline.Token);
        _server.Objects.Put(Binding, new JsonObject
        {
            ["subjects"] = new JsonArray(
                new JsonObject { ["kind"] = "ServiceAccount", ["name"] = "landline-manager", ["namespace"] = "tools" }),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        File.Delete(_kubeconfig);
    }

    [Theory]
    [InlineData(Deployment)]
    [InlineData(Account)] // What an uninstallation that was broken off has left.
    public async Task Of_an_installation_in_another_namespace_nothing_is_removed(string remains)
    {
        _server.Objects.Put(remains, []);

        var error = await Assert.ThrowsAsync<UserErrorException>(() => UninstallAsync("landline"));

        Assert.Equal("uninstalled-elsewhere", error.Code);
        Assert.Contains("'tools'", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("landline uninstall --manager-namespace tools", error.Hint, StringComparison.Ordinal);
        Assert.All(_server.Requests, request => Assert.Equal("GET", request.Method));
    }

    [Fact]
    public async Task In_its_own_namespace_it_is_removed()
    {
        _server.Objects.Put(Deployment, []);
        _server.Objects.Put(Account, []);

        Assert.True(await UninstallAsync("tools"));

        Assert.All([Binding, Deployment, Account], path => Assert.Null(_server.Objects.Get(path)));
    }

    [Fact]
    public async Task A_binding_whose_manager_is_gone_is_removed_from_wherever_it_is_asked()
    {
        Assert.True(await UninstallAsync("landline"));

        Assert.Null(_server.Objects.Get(Binding));
    }

    [Fact]
    public async Task Who_may_not_look_is_told_so()
    {
        _server.Answer = async context =>
        {
            if (context.Request.Path != Binding)
            {
                return false;
            }

            context.Response.StatusCode = 403;
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, """{"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"}""");
            return true;
        };

        Assert.Equal("install-forbidden", (await Assert.ThrowsAsync<UserErrorException>(() => UninstallAsync("landline"))).Code);
    }

    private async Task<bool> UninstallAsync(string @namespace)
    {
        using var administration = new ClusterAdministration(ClusterTarget.Load(_kubeconfig, null, null, null), TimeProvider.System);
        return await administration.UninstallAsync(new InstallOptions { Namespace = @namespace }, new Unheard(), Deadline.Token);
    }

    private sealed class Unheard : IProgress<string>
    {
        public void Report(string value)
        {
        }
    }
}
