using System.Net;
using Landline.TestSupport;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>X-Forwarded-For, as a handler's own web server reads it: for those who want it, and behind what others have written there.</summary>
public sealed class SourceAddressTests
{
    private const string Proxies = "203.0.113.7, 198.51.100.2";

    [Theory]
    [InlineData(HttpProtocols.Http1, true, "10.1.2.3", null, "10.1.2.3")]
    [InlineData(HttpProtocols.Http1, true, "fd00::7", null, "fd00::7")]
    [InlineData(HttpProtocols.Http1, true, "10.1.2.3", Proxies, $"{Proxies},10.1.2.3")]
    [InlineData(HttpProtocols.Http1, false, "10.1.2.3", null, "")]
    [InlineData(HttpProtocols.Http1, false, "10.1.2.3", Proxies, Proxies)]
    [InlineData(HttpProtocols.Http2, true, "10.1.2.3", null, "10.1.2.3")]
    [InlineData(HttpProtocols.Http2, true, "fd00::7", null, "fd00::7")]
    [InlineData(HttpProtocols.Http2, true, "10.1.2.3", Proxies, $"{Proxies},10.1.2.3")]
    [InlineData(HttpProtocols.Http2, false, "10.1.2.3", null, "")]
    [InlineData(HttpProtocols.Http2, false, "10.1.2.3", Proxies, Proxies)]
    public async Task A_handler_gets_the_callers_address_only_if_it_wants_it_and_as_the_last_of_the_list(
        HttpProtocols protocol, bool wanted, string caller, string? before, string expected)
    {
        await using KestrelServer original = await KestrelServer.StartAsync("original", protocol);
        await using KestrelServer handler = await KestrelServer.StartAsync("handler", protocol);
        await using var router = new RouterHost(original.Port, handler.Port, forwardSourceAddress: wanted, sourceAddress: caller);
        using HttpClient client = Client(router, protocol);

        // Twice: the second request of an HTTP/2 connection refers to what the first has written.
        await HeadersAsync(client, before, isMine: true);
        Assert.Equal(expected, ForwardedFor(await HeadersAsync(client, before, isMine: true)));
        Assert.Equal(before ?? "", ForwardedFor(await HeadersAsync(client, before, isMine: false)));
    }

    private static async Task<string> HeadersAsync(HttpClient client, string? before, bool isMine)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/headers")
        {
            Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy,
        };
        if (before is not null)
        {
            request.Headers.Add("X-Forwarded-For", before);
        }

        if (isMine)
        {
            request.Headers.Add("X-User", "alice");
        }

        using HttpResponseMessage response = await client.SendAsync(request, Deadline.Token);
        return await response.Content.ReadAsStringAsync(Deadline.Token);
    }

    private static string ForwardedFor(string headers) => headers.Split('\n')
        .Where(line => line.StartsWith("X-Forwarded-For=", StringComparison.OrdinalIgnoreCase))
        .Select(line => line.Split('=')[1])
        .SingleOrDefault("");

    private static HttpClient Client(RouterHost router, HttpProtocols protocol) => new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{router.Port}"),
        DefaultRequestVersion = protocol == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(20),
    };
}
