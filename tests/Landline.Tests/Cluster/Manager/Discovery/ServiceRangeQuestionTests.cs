using System.Net;
using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Discovery;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;

namespace Landline.Tests.Cluster.Manager.Discovery;

/// <summary>Where the manager learns the services' ranges, from API servers of several ages.</summary>
public sealed class ServiceRangeQuestionTests : IAsyncLifetime
{
    private const string Stable = "/apis/networking.k8s.io/v1/servicecidrs";
    private const string Beta = "/apis/networking.k8s.io/v1beta1/servicecidrs";
    private const string Services = "/api/v1/namespaces/landline/services";

    private readonly ListLogger<ServiceRangeQuestion> _log = new();
    private readonly HashSet<string> _missing = [];
    private ApiServerScene _scene = null!;

    private FakeApiServer Server => _scene.Server;

    public async ValueTask InitializeAsync()
    {
        _scene = await ApiServerScene.StartAsync();
        Server.Answer = async context =>
        {
            bool isMissing = _missing.Contains(context.Request.Path.Value!);
            if (isMissing)
            {
                await FailAsync(context, 404, "NotFound", "the server could not find the requested resource");
            }

            return isMissing;
        };
    }

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task They_are_what_the_ServiceCIDRs_say_and_no_service_is_tried()
    {
        Put(Stable, "kubernetes", "10.96.0.0/16", "fd00:96::/112");
        Put(Stable, "more", "10.112.0.0/20");

        Assert.Equal(Networks("10.96.0.0/16", "10.112.0.0/20", "fd00:96::/112"), await AskAsync());
        Assert.DoesNotContain(Server.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task Before_Kubernetes_1_33_they_are_in_the_beta()
    {
        _missing.Add(Stable);
        Put(Beta, "kubernetes", "10.96.0.0/12");

        Assert.Equal(Networks("10.96.0.0/12"), await AskAsync());
        Assert.DoesNotContain(Server.Requests, request => request.Method == "POST");
    }

    [Theory]
    [InlineData(404)]
    [InlineData(403)]
    public async Task Without_ServiceCIDRs_they_are_in_the_refusal_of_an_address_outside(int status)
    {
        Server.Answer = context => context.Request.Path.Value switch
        {
            Stable or Beta => TrueAsync(FailAsync(context, status, status == 404 ? "NotFound" : "Forbidden", "no")),
            Services => TrueAsync(RefuseAsync(context)),
            _ => Task.FromResult(false),
        };

        Assert.Equal(Networks("10.96.0.0/12", "fd00:96::/108"), await AskAsync());
        Assert.All(Posts(), request => Assert.Contains("dryRun=All", request.Query, StringComparison.Ordinal));
        Assert.Equal(2, Posts().Count());
    }

    [Fact]
    public async Task An_API_server_that_lets_the_trial_pass_is_asked_in_earnest()
    {
        _missing.UnionWith([Stable, Beta]);
        Func<HttpContext, Task<bool>> missing = Server.Answer;
        Server.Answer = context => context.Request.Path == Services && context.Request.Query["dryRun"].Count == 0
            ? TrueAsync(RefuseAsync(context))
            : missing(context);

        Assert.Equal(Networks("10.96.0.0/12", "fd00:96::/108"), await AskAsync());
    }

    [Fact]
    public async Task A_service_that_was_really_made_does_not_stay()
    {
        _missing.UnionWith([Stable, Beta]);

        Assert.Empty(await AskAsync());

        Assert.Equal(2, Posts().Count(request => request.Query.Length == 0));
        Assert.Empty(Server.Objects.List(Services));
    }

    [Fact]
    public async Task A_message_without_a_range_and_no_ServiceCIDR_leave_the_question_open()
    {
        _missing.UnionWith([Stable, Beta]);
        Func<HttpContext, Task<bool>> missing = Server.Answer;
        Server.Answer = context => context.Request.Path == Services
            ? TrueAsync(FailAsync(context, 422, "Invalid", "failed to allocate IP 1.1.1.1: the provided network does not match the current range"))
            : missing(context);

        Assert.Empty(await AskAsync());
    }

    [Fact]
    public async Task An_API_server_that_fails_is_told_to_the_administrator_and_does_not_stop_the_manager()
    {
        Server.Answer = context => TrueAsync(FailAsync(context, 400, "BadRequest", "nothing works today"));

        Assert.Empty(await AskAsync());

        Assert.Contains("nothing works today", Assert.Single(_log.Records).Message, StringComparison.Ordinal);
    }

    private Task<IReadOnlyList<IPNetwork>> AskAsync() =>
        new ServiceRangeQuestion(_scene.Client, "landline", _log).AskAsync(Deadline.Token);

    private IEnumerable<FakeApiRequest> Posts() => Server.Requests.Where(request => request.Method == "POST" && request.Path == Services);

    private void Put(string collection, string name, params string[] cidrs) => Server.Objects.Put(
        $"{collection}/{name}", new JsonObject { ["spec"] = new JsonObject { ["cidrs"] = new JsonArray([.. cidrs]) } });

    private static IPNetwork[] Networks(params string[] texts) => [.. texts.Select(IPNetwork.Parse)];

    // As Kubernetes 1.30 says it, with the range of the address's own family.
    private static async Task RefuseAsync(HttpContext context)
    {
        JsonNode service = (await JsonNode.ParseAsync(context.Request.Body))!;
        string address = service["spec"]!["clusterIP"]!.ToString();
        string range = address.Contains(':', StringComparison.Ordinal) ? "fd00:96::/108" : "10.96.0.0/12";
        await FailAsync(
            context, 422, "Invalid",
            $"Service \"landline-range-x\" is invalid: spec.clusterIPs: Invalid value: [\"{address}\"]: failed to allocate IP {address}: "
                + $"the provided IP ({address}) is not in the valid range. The range of valid IPs is {range}");
    }

    private static Task FailAsync(HttpContext context, int code, string reason, string message)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(new JsonObject
        {
            ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["code"] = code, ["reason"] = reason, ["message"] = message,
        }.ToJsonString());
    }

    private static async Task<bool> TrueAsync(Task answering)
    {
        await answering;
        return true;
    }
}
