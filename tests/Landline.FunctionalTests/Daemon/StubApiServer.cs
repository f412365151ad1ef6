using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Landline.FunctionalTests.Daemon;

/// <summary>
/// An API server as far as connecting asks it before it dials the manager; everything else is answered with 404. Keeps
/// count of the Connection objects that were made and deleted.
/// </summary>
internal sealed class StubApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubApiServer(WebApplication app, string kubeconfig) => (_app, Kubeconfig) = (app, kubeconfig);

    /// <summary>A file with the contexts <c>lab</c> and <c>other</c>.</summary>
    public string Kubeconfig { get; }

    public bool IsInstalled { get; set; } = true;

    public bool IsReady { get; set; } = true;

    public bool AllowsConnections { get; set; } = true;

    public bool AllowsManager { get; set; } = true;

    public bool AcceptsCredentials { get; set; } = true;

    public string ManagerFingerprint { get; set; } = $"sha256:{new string('0', 64)}";

    public int Created { get; private set; }

    public int Deleted { get; private set; }

    public static async Task<StubApiServer> StartAsync(string folder, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        string kubeconfig = Path.Combine(folder, "kubeconfig");
        var server = new StubApiServer(app, kubeconfig);
        app.Run(server.AnswerAsync);
        await app.StartAsync(cancellationToken);
        await File.WriteAllTextAsync(kubeconfig, Configuration(app.Urls.Single()), cancellationToken);
        return server;
    }

    public static string Configuration(string server) =>
        $$$"""
        apiVersion: v1
        kind: Config
        current-context: lab
        clusters: [{name: lab, cluster: {server: "{{{server}}}"}}]
        users: [{name: alice, user: {token: t}}]
        contexts:
        - {name: lab, context: {cluster: lab, user: alice}}
        - {name: other, context: {cluster: lab, user: alice, namespace: shop}}
        """;

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path;
        return (context.Request.Method, path) switch
        {
            _ when !AcceptsCredentials => FailAsync(context, 401, "Unauthorized", "Unauthorized"),
            (_, "/api/v1/namespaces/landline/configmaps/landline-manager") when !AllowsManager =>
                FailAsync(context, 403, "Forbidden", "configmaps is forbidden"),
            ("GET", "/api/v1/namespaces/landline/configmaps/landline-manager") when IsInstalled => WriteAsync(context, 200,
                $$$"""{"metadata":{"name":"landline-manager"},"data":{"fingerprint":"{{{ManagerFingerprint}}}","port":"7070"}}"""),
            ("GET", "/api/v1/namespaces/landline/pods") => WriteAsync(context, 200, $$$"""{"metadata":{},"items":[{{{Pod()}}}]}"""),
            ("POST", var connections) when connections.EndsWith("/connections", StringComparison.Ordinal) => CreateAsync(context),
            ("DELETE", var connection) when connection.Contains("/connections/", StringComparison.Ordinal) => DeleteAsync(context),
            _ => FailAsync(context, 404, "NotFound", "not found"),
        };
    }

    private string Pod() => IsInstalled
        ? $$$"""{"metadata":{"name":"landline-manager-1"},"status":{"conditions":[{"type":"Ready","status":"{{{IsReady}}}"}]}}"""
        : "";

    private Task CreateAsync(HttpContext context)
    {
        if (!AllowsConnections)
        {
            return FailAsync(
                context, 403, "Forbidden", "connections.landline.dev is forbidden: User 'alice' cannot create resource 'connections' in API group 'landline.dev'");
        }

        Created++;
        return WriteAsync(context, 201, """{"metadata":{"name":"alice-laptop-x1","namespace":"default","uid":"u1"},"spec":{}}""");
    }

    private Task DeleteAsync(HttpContext context)
    {
        Deleted++;
        return WriteAsync(context, 200, """{"kind":"Status","apiVersion":"v1","status":"Success"}""");
    }

    private static Task FailAsync(HttpContext context, int status, string reason, string message) => WriteAsync(
        context,
        status,
        $$"""{"kind":"Status","apiVersion":"v1","status":"Failure","code":{{status}},"reason":"{{reason}}","message":"{{message}}"}""");

    private static Task WriteAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json, Encoding.UTF8, context.RequestAborted);
    }
}
