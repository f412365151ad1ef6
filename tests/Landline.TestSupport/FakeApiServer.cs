using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Landline.TestSupport;

/// <summary>A request as the fake API server got it.</summary>
public sealed record FakeApiRequest(
    string Method, string Path, string Query, string Protocol, IReadOnlyDictionary<string, string> Headers, string? ClientCertificate);

/// <summary>
/// An API server that speaks the wire: TLS with an authority of its own, client certificates, HTTP/2 and 1.1, lists
/// in pages, watches, patches, preconditions, port-forwards over WebSockets. Tests put objects into
/// <see cref="Objects"/>, break answers with <see cref="Answer"/> and look at <see cref="Requests"/>.
/// </summary>
public sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<FakeApiRequest> _requests = new();
    private readonly FakeApiServerResources _resources;
    private readonly FakeApiServerStreams _streams = new();

    private FakeApiServer(WebApplication application, FakeApiServerCertificates certificates)
    {
        _application = application;
        Certificates = certificates;
        _resources = new FakeApiServerResources(Objects);
        application.UseWebSockets();
        application.Run(HandleAsync);
    }

    public FakeApiServerCertificates Certificates { get; }

    public FakeApiServerObjects Objects { get; } = new();

    /// <summary>Asked first for each request: true when it has answered.</summary>
    public Func<HttpContext, Task<bool>> Answer { get; set; } = _ => Task.FromResult(false);

    /// <summary>Whether SelfSubjectAccessReviews are answered with yes.</summary>
    public Func<JsonObject, bool> IsAllowed
    {
        get => _resources.IsAllowed;
        set => _resources.IsAllowed = value;
    }

    /// <summary>Where a port-forward to a pod's port leads, or the proxy for pods; null answers as is done when nothing listens.</summary>
    public Func<string, int, IPEndPoint?> PortForwardTarget
    {
        get => _streams.PortForwardTarget;
        set => _streams.PortForwardTarget = value;
    }

    public IReadOnlyCollection<FakeApiRequest> Requests => _requests;

    public Uri Address => new(_application.Urls.First());

    public static Task<FakeApiServer> StartAsync() => StartAsync("127.0.0.1", "localhost", "fake-cluster");

    /// <param name="names">What the server's certificate is for.</param>
    public static async Task<FakeApiServer> StartAsync(params string[] names)
    {
        var certificates = new FakeApiServerCertificates();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(
            new HttpsConnectionAdapterOptions
            {
                ServerCertificate = certificates.IssueServer(names),
                ServerCertificateChain = certificates.ServerChain,
                ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                ClientCertificateValidation = (_, _, _) => true,
            })));
        builder.WebHost.UseKestrelHttpsConfiguration();
        var server = new FakeApiServer(builder.Build(), certificates);
        await server._application.StartAsync();
        return server;
    }

    /// <summary>A kubeconfig for this server with one context <c>fake</c>.</summary>
    /// <param name="user">The user's fields, such as <c>token: abc</c>, in YAML's flow form.</param>
    /// <param name="clusterExtra">More fields of the cluster, in the same form, each with a comma before it.</param>
    public string Kubeconfig(string user, string clusterExtra = "") =>
        $$"""
        apiVersion: v1
        kind: Config
        current-context: fake
        contexts:
        - name: fake
          context: { cluster: fake, user: fake, namespace: work }
        clusters:
        - name: fake
          cluster: { server: "{{Address}}", certificate-authority-data: "{{Base64(Certificates.AuthorityPem)}}"{{clusterExtra}} }
        users:
        - name: fake
          user: { {{user}} }
        """;

    public static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    public async ValueTask DisposeAsync()
    {
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _application.StopAsync(impatient.Token); // Watches would keep it running.
        await _application.DisposeAsync();
        Certificates.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        _requests.Enqueue(new FakeApiRequest(
            context.Request.Method,
            context.Request.Path,
            context.Request.QueryString.Value ?? "",
            context.Request.Protocol,
            context.Request.Headers.ToDictionary(
                header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            context.Connection.ClientCertificate?.Subject));
        if (await Answer(context) || await _streams.TryHandleAsync(context))
        {
            return;
        }

        await _resources.HandleAsync(context);
    }
}
