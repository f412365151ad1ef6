using System.Net;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>
/// An attachment goes and another of the same name comes while a client's connection lives, and the loop that reads
/// the first one's handler has not learnt yet that its connection is gone.
/// </summary>
public sealed class ReattachTests
{
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream? _first;

    [Theory]
    [InlineData(HttpProtocols.Http1, true)]
    [InlineData(HttpProtocols.Http1, false)]
    [InlineData(HttpProtocols.Http2, true)]
    [InlineData(HttpProtocols.Http2, false)]
    public async Task A_request_goes_to_the_new_attachment_over_a_connection_of_its_own(HttpProtocols protocols, bool noticed)
    {
        await using KestrelServer original = await KestrelServer.StartAsync("original", protocols);
        await using KestrelServer handler = await KestrelServer.StartAsync("handler", protocols);
        await using var router = new RouterHost(original.Port, handler.Port) { Wrap = Hold };
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1, UseProxy = false });
        string version = protocols == HttpProtocols.Http1 ? "HTTP/1.1" : "HTTP/2";
        try
        {
            Assert.Equal($"handler POST {version}", await PostAsync(client, router, protocols));
            router.Filters.Replace([]);
            if (noticed)
            {
                // The router itself disposes of the connection.
                Assert.Equal($"original POST {version}", await PostAsync(client, router, protocols));
            }
            else
            {
                // The one that gave it out does.
                await _first!.DisposeAsync();
            }

            router.Filters.Replace([Anew(router.Attachment)]);
            Assert.Equal($"handler POST {version}", await PostAsync(client, router, protocols));
            Assert.DoesNotContain(router.Routed, static request => request.FellBack);
        }
        finally
        {
            _release.SetResult();
        }
    }

    private LateEndStream Hold(Stream connection)
    {
        var held = new LateEndStream(connection, _release.Task);
        _first ??= held;
        return held;
    }

    private static FilteredAttachment Anew(FilteredAttachment attachment)
    {
        var match = new HttpMatch { Headers = [new HttpValueMatch { Name = "X-User", Value = "alice" }] };
        Assert.True(HttpFilter.TryCompile(match, out HttpFilter filter, out _));
        return attachment with { Filter = filter };
    }

    /// <summary>With a body, so that nothing can be sent a second time.</summary>
    private static async Task<string> PostAsync(HttpClient client, RouterHost router, HttpProtocols protocols)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{router.Port}/who")
        {
            Version = protocols == HttpProtocols.Http1 ? HttpVersion.Version11 : HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent("body"),
        };
        request.Headers.Add("x-user", "alice");
        using HttpResponseMessage response = await client.SendAsync(request, Deadline.Token);
        return await response.Content.ReadAsStringAsync(Deadline.Token);
    }
}
