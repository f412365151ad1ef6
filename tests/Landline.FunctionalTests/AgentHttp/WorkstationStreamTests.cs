using System.Net;
using System.Net.Sockets;
using Landline.Cluster.Agent.Http;
using Landline.Cluster.Agent.Http.Filters;
using Landline.FunctionalTests.AgentWorkloads;
using Landline.Protocol.Api;
using Landline.Protocol.Relays;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>The handler is reached through a real session, as it is from an agent.</summary>
public sealed class WorkstationStreamTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

    [Fact]
    public async Task A_handler_sees_the_orderly_end_of_a_client_that_was_answered()
    {
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var handler = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            try
            {
                ended.SetResult(await peer.ReadToEndAsync() == "");
            }
            catch (SocketException e)
            {
                ended.SetException(e);
            }
        });

        await ServeAsync(handler, async client =>
        {
            await client.SendAsync(Request);
            await client.ReadThroughAsync("ok");
            client.EndWriting();
            Assert.Equal("", await client.ReadToEndAsync());
        });

        Assert.True(await ended.Task.WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task A_handler_sees_the_reset_of_a_client_that_went_away()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var handler = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            begun.SetResult();
            try
            {
                await peer.ReadToEndAsync();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                ended.SetResult();
            }
        });

        await ServeAsync(handler, async client =>
        {
            await client.SendAsync(Request);
            await begun.Task.WaitAsync(Deadline.Token);
            client.Reset();
        });

        await ended.Task.WaitAsync(Deadline.Token);
    }

    /// <summary>One client's connection through the router, until it is done with.</summary>
    private static async Task ServeAsync(LoopbackServer handler, Func<RawPeer, Task> clientScript)
    {
        await using SessionPair sessions = await SessionPair.ConnectAsync();
        Task relaying = RelayAsync(sessions, handler.Port);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using RawPeer client = await RawPeer.ConnectAsync(((IPEndPoint)listener.LocalEndpoint).Port);
        var filters = new FilterTable();
        filters.Replace([new FilteredAttachment("shop/all", HttpFilter.Everything, WhenUnavailable.Refuse, ForwardSourceAddress: false)]);
        var targets = new RouterTargets
        {
            Filters = filters,
            DialOriginal = _ => throw new IOException("there is no original"),
            DialWorkstation = async (_, cancellationToken) => new WorkstationStream(
                await sessions.Agent.OpenAsync(StreamKind.Inbound, ReadOnlyMemory<byte>.Empty, cancellationToken)),
            Time = new ManualTime(),
        };
        Task serving = HttpRouter.ServeAsync(await listener.AcceptSocketAsync(Deadline.Token), targets, CancellationToken.None);

        await clientScript(client);

        await serving.WaitAsync(Deadline.Token);
        await relaying.WaitAsync(Deadline.Token);
    }

    private static async Task RelayAsync(SessionPair sessions, int handlerPort)
    {
        SessionStream stream = await sessions.AtManager.ReadAsync(Deadline.Token);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, handlerPort, Deadline.Token);
        stream.Accept();
        await SocketRelay.RunAsync(socket, stream, Deadline.Token);
    }
}
