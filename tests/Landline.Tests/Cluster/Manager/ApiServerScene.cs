using System.Text.Json;
using System.Text.Json.Nodes;
using Landline.Kubernetes;
using Landline.Kubernetes.Authentication;
using Landline.Kubernetes.Configuration;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager;

/// <summary>A fake API server with the manager's client for it. It answers TokenReviews, which it does not store, as a test says.</summary>
internal sealed class ApiServerScene : IAsyncDisposable
{
    private readonly string _tokenFile = Path.GetTempFileName();
    private int _refused;

    private ApiServerScene(FakeApiServer server)
    {
        Server = server;
        var settings = new ClusterSettings
        {
            ContextName = "fake",
            Server = server.Address,
            SkipTlsVerification = true,
            Credentials = new UserCredentials { TokenFile = _tokenFile, Origin = "the pod's service account" },
        };
        File.WriteAllText(_tokenFile, "token");
        Client = new KubernetesClient(settings, TimeProvider.System, NullLogger.Instance);
        server.Answer = AnswerAsync;
    }

    public FakeApiServer Server { get; }

    public KubernetesClient Client { get; }

    /// <summary>From the review's spec to its status.</summary>
    public Func<JsonObject, Task<JsonObject>> Review { get; set; } =
        static _ => Task.FromResult(new JsonObject { ["authenticated"] = false });

    public static async Task<ApiServerScene> StartAsync() => new(await FakeApiServer.StartAsync());

    public JsonObject PutConnection(string namespaceName, string name, string fingerprint) => Server.Objects.Put(
        $"/apis/landline.dev/v1/namespaces/{namespaceName}/connections/{name}",
        new JsonObject { ["spec"] = new JsonObject { ["publicKeyFingerprint"] = fingerprint } });

    /// <summary>How many requests have been refused for their token.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>The manager's token has run out, and the file with the next one cannot be read. Watches go on.</summary>
    public void TakeTokenAway()
    {
        File.Delete(_tokenFile);
        Server.Answer = context =>
        {
            Interlocked.Increment(ref _refused);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.FromResult(true);
        };
    }

    public void GiveTokenBack()
    {
        Server.Answer = AnswerAsync;
        File.WriteAllText(_tokenFile, "token");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        File.Delete(_tokenFile);
    }

    private async Task<bool> AnswerAsync(HttpContext context)
    {
        if (context.Request.Path != "/apis/authentication.k8s.io/v1/tokenreviews")
        {
            return false;
        }

        JsonObject review = (await JsonSerializer.DeserializeAsync<JsonObject>(context.Request.Body))!;
        review["status"] = await Review((JsonObject)review["spec"]!);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(review.ToJsonString());
        return true;
    }
}
