using System.Threading.Channels;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol;

/// <summary>Two sessions over a TCP link without TLS. What the far side is offered waits in <see cref="Offered"/>.</summary>
internal sealed class SessionPair : IAsyncDisposable
{
    private readonly Channel<SessionStream> _offered = Channel.CreateBounded<SessionStream>(SessionLimits.OpenStreams);
    private readonly List<Task> _links = [];

    private SessionPair(TimeProvider time)
    {
        var id = Guid.NewGuid();
        Near = new Session(id, isClient: true, Refuse, time, KeepAlive.Default, TimeSpan.FromMinutes(2));
        Far = new Session(id, isClient: false, (_, stream) => _offered.Writer.TryWrite(stream), time, KeepAlive.Default, TimeSpan.FromMinutes(2));
    }

    public Session Near { get; }

    public Session Far { get; }

    public ChannelReader<SessionStream> Offered => _offered.Reader;

    public static async Task<SessionPair> ConnectAsync(TimeProvider? time = null)
    {
        var pair = new SessionPair(time ?? TimeProvider.System);
        SocketPair sockets = await SocketPair.ConnectAsync();
        pair.Attach(TcpLink.Prepare(sockets.Near), TcpLink.Prepare(sockets.Far));
        return pair;
    }

    /// <summary>Gives both sides a new link, in place of any other.</summary>
    public void Attach(Stream near, Stream far)
    {
        var nearLink = new SessionLink(Near.Core, near);
        var farLink = new SessionLink(Far.Core, far);
        Assert.True(Near.Core.TryAttach(nearLink, Far.Core.Received, out long received));
        Assert.True(Far.Core.TryAttach(farLink, received, out _));
        _links.Add(Near.RunLinkAsync(nearLink));
        _links.Add(Far.RunLinkAsync(farLink));
    }

    /// <summary>Opens a stream from near to far and accepts it.</summary>
    public async Task<(SessionStream Near, SessionStream Far)> OpenAsync(StreamKind kind = StreamKind.Tcp)
    {
        SessionStream near = Near.Open(kind, []);
        SessionStream far = await Offered.ReadAsync(Deadline.Token);
        far.Accept();
        Assert.Null(await near.Opened.WaitAsync(Deadline.Token));
        return (near, far);
    }

    public async ValueTask DisposeAsync()
    {
        await Near.DisposeAsync();
        await Far.DisposeAsync();
        await Task.WhenAll(_links).WaitAsync(Deadline.Token);
    }

    private static void Refuse(Session session, SessionStream stream) =>
        stream.Refuse(new StreamEnd(StreamEndCode.NotAllowed, "Nothing is opened in this direction."));
}
