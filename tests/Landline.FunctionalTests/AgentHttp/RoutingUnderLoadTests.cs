using System.Net;
using Landline.TestSupport;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>No request fails while attachments and handlers come and go.</summary>
public sealed class RoutingUnderLoadTests
{
    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Attaching_and_detaching_and_a_handler_that_comes_and_goes_fail_no_request(HttpProtocols protocols)
    {
        await using KestrelServer original = await KestrelServer.StartAsync("original", protocols);
        await using KestrelServer handler = await KestrelServer.StartAsync("handler", protocols);
        await using var router = new RouterHost(original.Port, handler.Port);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 16 })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{router.Port}"),
        };
        using var stop = new CancellationTokenSource();
        Task<int>[] callers = [.. Enumerable.Range(0, 16).Select(i => CallAsync(client, protocols, i, stop.Token))];

        for (int i = 0; i < 100; i++)
        {
            router.Filters.Replace(i % 2 == 0 ? [] : [router.Attachment]);
            router.HandlerPort = i % 3 == 0 ? null : handler.Port;
            int seen = router.Routed.Count;
            await Eventually(() => router.Routed.Count > seen + 5);
        }

        await stop.CancelAsync();
        int[] answered = await Task.WhenAll(callers).WaitAsync(Deadline.Token);

        Assert.All(answered, count => Assert.True(count > 0));
        Assert.Contains(router.Routed, routed => routed.FellBack);
        Assert.Contains(router.Routed, routed => routed is { Attachment: not null, FellBack: false });
    }

    private static async Task<int> CallAsync(HttpClient client, HttpProtocols protocols, int caller, CancellationToken stop)
    {
        int count = 0;
        for (; !stop.IsCancellationRequested; count++)
        {
            bool mine = (count + caller) % 2 == 0;
            bool hasBody = count % 5 == 0;
            using var request = new HttpRequestMessage(hasBody ? HttpMethod.Post : HttpMethod.Get, hasBody ? "/hash" : "/who")
            {
                Version = protocols == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = hasBody ? new ByteArrayContent(new byte[100_000]) : null,
            };
            if (mine)
            {
                request.Headers.Add("x-user", "alice");
            }

            using HttpResponseMessage response = await client.SendAsync(request, Deadline.Token);
            string body = await response.Content.ReadAsStringAsync(Deadline.Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.True(mine || hasBody || body.StartsWith("original", StringComparison.Ordinal), body);
        }

        return count;
    }

    private static async Task Eventually(Func<bool> condition)
    {
        CancellationToken deadline = Deadline.Token;
        while (!condition())
        {
            deadline.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
