using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentWorkloads;

/// <summary>A manager's and an agent's session over a real TCP link. Streams open in both directions.</summary>
internal sealed class SessionPair : IAsyncDisposable
{
    private readonly Channel<SessionStream> _atManager = Channel.CreateBounded<SessionStream>(SessionLimits.OpenStreams);
    private readonly Channel<SessionStream> _atAgent = Channel.CreateBounded<SessionStream>(SessionLimits.OpenStreams);
    private readonly List<Task> _links = [];

    private SessionPair()
    {
        var id = Guid.NewGuid();
        Agent = new Session(
            id, isClient: true, (_, stream) => _atAgent.Writer.TryWrite(stream), TimeProvider.System, KeepAlive.Default, TimeSpan.FromMinutes(2));
        Manager = new Session(
            id, isClient: false, (_, stream) => _atManager.Writer.TryWrite(stream), TimeProvider.System, KeepAlive.Default, TimeSpan.FromMinutes(2));
    }

    public Session Manager { get; }

    public Session Agent { get; }

    /// <summary>Streams that the agent opened and the manager has not answered.</summary>
    public ChannelReader<SessionStream> AtManager => _atManager.Reader;

    /// <summary>Streams that the manager opened and the agent has not answered.</summary>
    public ChannelReader<SessionStream> AtAgent => _atAgent.Reader;

    public static async Task<SessionPair> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Task connecting = near.ConnectAsync(listener.LocalEndpoint, Deadline.Token).AsTask();
        Socket far = await listener.AcceptSocketAsync(Deadline.Token);
        await connecting;

        var pair = new SessionPair();
        var agentLink = new SessionLink(pair.Agent.Core, TcpLink.Prepare(near));
        var managerLink = new SessionLink(pair.Manager.Core, TcpLink.Prepare(far));
        Assert.True(pair.Agent.Core.TryAttach(agentLink, pair.Manager.Core.Received, out long received));
        Assert.True(pair.Manager.Core.TryAttach(managerLink, received, out _));
        pair._links.Add(pair.Agent.RunLinkAsync(agentLink));
        pair._links.Add(pair.Manager.RunLinkAsync(managerLink));
        return pair;
    }

    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync();
        await Manager.DisposeAsync();
        await Task.WhenAll(_links).WaitAsync(Deadline.Token);
    }
}
