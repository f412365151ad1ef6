using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Landline.Cluster.Manager.Sessions;
using Landline.Daemon.Connections;
using Landline.FunctionalTests.Kubernetes;
using Landline.Kubernetes.Configuration;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Links;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Daemon;

/// <summary>Which way leads to the manager's pod: the API server's proxy, or a port-forward.</summary>
public sealed class ManagerTunnelTests : IAsyncDisposable
{
    private const string Pod = "landline-manager-1";
    private static readonly ManagerLocation Manager = new("sha256:x", ClusterObjects.SessionPort, ClusterObjects.WebSocketPort, Pod);

    private readonly ManualTime _time = new();
    private readonly ScriptedServer _direct = new(EchoAsync);
    private readonly ScriptedServer _webSocket = new(async stream => await EchoAsync(await WebSocketLinks.AcceptAsync(stream, Deadline.Token)));
    private FakeCluster? _cluster;

    [Fact]
    public async Task Bytes_go_through_the_proxy_as_they_are_and_in_the_loop()
    {
        ManagerTunnel tunnel = await StartAsync();

        await using Stream link = await tunnel.DialAsync(Manager, Deadline.Token);
        await AssertEchoesAsync(link);

        Assert.Equal("pod-proxy", tunnel.Transport);
        Assert.NotNull(SocketLink.Under(link));
        Assert.DoesNotContain(_cluster!.Server.Requests, request => request.Path.EndsWith("/portforward", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Either_sides_end_is_seen_by_the_other()
    {
        var ended = new TaskCompletionSource();
        await using var server = new ScriptedServer(async stream =>
        {
            await using Stream link = await WebSocketLinks.AcceptAsync(stream, Deadline.Token);
            await link.WriteAsync(new byte[1], Deadline.Token);
            if (await ReadAsync(link) == 0)
            {
                ended.SetResult();
            }
        });
        ManagerTunnel tunnel = await StartAsync();
        _cluster!.Server.PortForwardTarget = (_, _) => server.EndPoint;

        await using Stream endedByPod = await tunnel.DialAsync(Manager, Deadline.Token);
        Assert.Equal(1, await ReadAsync(endedByPod));
        await endedByPod.WriteAsync(new byte[1], Deadline.Token);
        Assert.Equal(0, await ReadAsync(endedByPod));

        Stream endedHere = await tunnel.DialAsync(Manager, Deadline.Token);
        Assert.Equal(1, await ReadAsync(endedHere));
        await endedHere.DisposeAsync();
        await ended.Task.WaitAsync(Deadline.Token);

        // Broken rather than ended is over as well.
        static async Task<int> ReadAsync(Stream link)
        {
            try
            {
                return await link.ReadAsync(new byte[1], Deadline.Token);
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }

    /// <summary>An old role, an API server without a way to pods, a proxy that passes no WebSocket, a page of somebody in between.</summary>
    [Theory]
    [InlineData(403)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(200)]
    public async Task What_the_proxy_refuses_a_port_forward_does_at_once_and_the_proxy_is_asked_again_next_time(int status)
    {
        ManagerTunnel tunnel = await StartAsync();
        _cluster!.Server.Answer = context => Task.FromResult(Refuses(context, status));

        await using (Stream link = await tunnel.DialAsync(Manager, Deadline.Token))
        {
            await AssertEchoesAsync(link);
            Assert.NotNull(SocketLink.Under(link));
        }

        Assert.Equal("port-forward", tunnel.Transport);
        Assert.Equal(1, ProxyRequests());
        _cluster.Server.Answer = _ => Task.FromResult(false);
        await using Stream next = await tunnel.DialAsync(Manager, Deadline.Token);
        Assert.Equal("pod-proxy", tunnel.Transport);
    }

    [Fact]
    public async Task A_proxy_that_says_nothing_is_waited_for_once_in_ten_minutes()
    {
        ManagerTunnel tunnel = await StartAsync();
        Task asked = KeepSilent();

        Task<Stream> dialling = tunnel.DialAsync(Manager, Deadline.Token);
        await asked.WaitAsync(Deadline.Token);
        Assert.False(dialling.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await using Stream link = await dialling;
        await AssertEchoesAsync(link);
        _time.Advance(TimeSpan.FromMinutes(9));
        await using Stream second = await tunnel.DialAsync(Manager, Deadline.Token);
        Assert.Equal("port-forward", tunnel.Transport);
        Assert.Equal(1, ProxyRequests());

        _cluster!.Server.Answer = _ => Task.FromResult(false);
        _time.Advance(TimeSpan.FromMinutes(1));
        await using Stream third = await tunnel.DialAsync(Manager, Deadline.Token);
        Assert.Equal("pod-proxy", tunnel.Transport);
    }

    [Fact]
    public async Task A_dial_that_its_caller_gives_up_says_nothing_of_the_proxy()
    {
        ManagerTunnel tunnel = await StartAsync();
        Task asked = KeepSilent();
        using var giveUp = new CancellationTokenSource();

        Task<Stream> dialling = tunnel.DialAsync(Manager, giveUp.Token);
        await asked.WaitAsync(Deadline.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dialling);
        _cluster!.Server.Answer = _ => Task.FromResult(false);
        await using Stream link = await tunnel.DialAsync(Manager, Deadline.Token);

        Assert.Equal("pod-proxy", tunnel.Transport);
    }

    /// <summary>What is in between says yes and passes nothing on: the handshake fails, and the next dial goes the other way.</summary>
    [Fact]
    public async Task After_a_link_through_which_nothing_came_the_next_one_is_a_port_forward()
    {
        await using var breaking = new ScriptedServer(async stream =>
        {
            await using Stream link = await WebSocketLinks.AcceptAsync(stream, Deadline.Token);
            await link.ReadAsync(new byte[1], Deadline.Token);
        });
        ManagerTunnel tunnel = await StartAsync();
        _cluster!.Server.PortForwardTarget = (_, port) => port == ClusterObjects.WebSocketPort ? breaking.EndPoint : _direct.EndPoint;
        using X509Certificate2 key = PinnedTls.CreateCertificate(TimeProvider.System);

        Stream dead = await tunnel.DialAsync(Manager, Deadline.Token);
        Assert.Equal("pod-proxy", tunnel.Transport);
        await Assert.ThrowsAsync<IOException>(() => PinnedTls.ClientAsync(dead, key, "sha256:x", Deadline.Token));
        await using Stream link = await tunnel.DialAsync(Manager, Deadline.Token);
        await AssertEchoesAsync(link);

        Assert.Equal("port-forward", tunnel.Transport);
    }

    [Fact]
    public async Task Behind_an_http_proxy_both_ways_lead_through_it()
    {
        TunnelProxy? proxy = null;
        ManagerTunnel tunnel = await StartAsync(port => $", proxy-url: \"http://{(proxy = new TunnelProxy(port)).EndPoint}\"");
        await using TunnelProxy between = proxy!;

        await using (Stream link = await tunnel.DialAsync(Manager, Deadline.Token))
        {
            Assert.Equal("pod-proxy", tunnel.Transport);
            await AssertEchoesAsync(link);
        }

        _cluster!.Server.Answer = context => Task.FromResult(Refuses(context, 502));
        await using Stream forwarded = await tunnel.DialAsync(Manager, Deadline.Token);
        Assert.Equal("port-forward", tunnel.Transport);
        await AssertEchoesAsync(forwarded);

        // One connection for each way; what was refused may have had one of its own.
        Assert.InRange(between.Asked.Count, 2, 3);
    }

    [Fact]
    public async Task A_manager_that_has_no_such_port_is_reached_by_port_forward()
    {
        ManagerTunnel tunnel = await StartAsync();

        await using Stream link = await tunnel.DialAsync(Manager with { WebSocketPort = null }, Deadline.Token);
        await AssertEchoesAsync(link);

        Assert.Equal("port-forward", tunnel.Transport);
        Assert.Equal(0, ProxyRequests());
    }

    [Fact]
    public async Task What_stands_in_the_way_of_both_is_one_error()
    {
        ManagerTunnel tunnel = await StartAsync();
        _cluster!.Server.Answer = context => Task.FromResult(Refuses(context, 403) || RefusesForward(context));

        var error = await Assert.ThrowsAsync<UserErrorException>(() => tunnel.DialAsync(Manager, Deadline.Token));

        Assert.Contains("port-forward to pods", error.Message, StringComparison.Ordinal);

        static bool RefusesForward(HttpContext context)
        {
            bool refuses = context.Request.Path.Value!.EndsWith("/portforward", StringComparison.Ordinal);
            context.Response.StatusCode = refuses ? 403 : 200;
            return refuses;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        await _direct.DisposeAsync();
        await _webSocket.DisposeAsync();
    }

    private static async Task EchoAsync(Stream link)
    {
        byte[] buffer = new byte[100_000];
        while (await link.ReadAsync(buffer, Deadline.Token) is > 0 and var length)
        {
            await link.WriteAsync(buffer.AsMemory(0, length), Deadline.Token);
        }
    }

    private static async Task AssertEchoesAsync(Stream link)
    {
        byte[] sent = RandomNumberGenerator.GetBytes(3_000_001);
        Task writing = WriteAsync();
        byte[] received = new byte[sent.Length];
        await link.ReadExactlyAsync(received, Deadline.Token);
        await writing;

        Assert.Equal(sent, received);

        async Task WriteAsync()
        {
            await link.WriteAsync(sent.AsMemory(0, 1), Deadline.Token);
            await link.WriteAsync(sent.AsMemory(1, 65_534), Deadline.Token);
            await link.WriteAsync(sent.AsMemory(65_535), Deadline.Token);
        }
    }

    private static bool IsProxy(HttpContext context) => context.Request.Path.Value!.Contains("/proxy/", StringComparison.Ordinal);

    private static bool Refuses(HttpContext context, int status)
    {
        bool refuses = IsProxy(context);
        context.Response.StatusCode = refuses ? status : 200;
        return refuses;
    }

    /// <summary>The proxy's, from now on. Completes when it is asked.</summary>
    private Task KeepSilent()
    {
        var asked = new TaskCompletionSource();
        _cluster!.Server.Answer = async context =>
        {
            if (!IsProxy(context))
            {
                return false;
            }

            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            return true;
        };
        return asked.Task;
    }

    private int ProxyRequests() =>
        _cluster!.Server.Requests.Count(request => request.Path == $"/api/v1/namespaces/landline/pods/{Pod}:{ClusterObjects.WebSocketPort}/proxy/session");

    /// <param name="clusterExtra">Of the fake API server's port: what the kubeconfig says besides.</param>
    private async Task<ManagerTunnel> StartAsync(Func<int, string>? clusterExtra = null)
    {
        _cluster = await FakeCluster.StartAsync();
        _cluster.Server.PortForwardTarget = (pod, port) => (pod, port) switch
        {
            (Pod, ClusterObjects.SessionPort) => _direct.EndPoint,
            (Pod, ClusterObjects.WebSocketPort) => _webSocket.EndPoint,
            _ => null,
        };
        return new ManagerTunnel(
            _cluster.Connect(_cluster.Server.Kubeconfig("token: good", clusterExtra?.Invoke(_cluster.Server.Address.Port) ?? ""), new KubeconfigOptions(), TimeProvider.System),
            "landline", _time, NullLogger.Instance);
    }
}
