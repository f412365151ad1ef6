using System.Buffers;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Text;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Agent.Http.Hpack;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Http.Http2;

/// <summary>
/// One client connection that speaks HTTP/2 (with prior knowledge), gRPC included. Streams are routed one by one:
/// frames are taken apart on one connection and put together on another, with flow control on each, fields in the same
/// order with the same values, and bodies passed on as they come. All state is guarded by one lock, under which nothing
/// waits: reading loops change state and append frames, and flush after they have left it.
/// <code>
/// HEADERS from the client ──> exchange ──> upstream waits: dialing, or no free stream
///                                     └──> open: request and response flow, each until its END_STREAM
///                                             ├── both ended, or RST_STREAM from a side ──> gone
///                                             └── upstream ends ──> another upstream, status 502, or RST_STREAM
/// </code>
/// </summary>
internal sealed partial class Http2Connection : IAsyncDisposable
{
    /// <summary>The most that a client may have open, where the original allows as many.</summary>
    private const int MostStreams = 256;

    /// <summary>An original that speaks HTTP/2 says its settings at once; without them the defaults hold.</summary>
    private static readonly TimeSpan LongestWaitForSettings = TimeSpan.FromSeconds(1);

    private readonly RouterTargets _targets;
    private readonly CancellationToken _stop;
    private readonly Http2Peer _client;
    private readonly Http2Upstream _original = new(attachment: null);
    private readonly List<Http2Upstream> _workstations = [];

    // Replaced as a whole, so that it can be walked without the lock and while peers end.
    private volatile Http2Peer[] _peers;
    private readonly List<Task> _loops = [];
    private readonly OutputBuffer _scratch = new();
    private bool _ended;
    private IReadOnlyList<FilteredAttachment> _entries;
    private bool _saidHello;
    private bool _isDraining;
    private ExceptionDispatchInfo? _defect;

    /// <param name="input">What was received behind the client's preface.</param>
    public Http2Connection(Stream client, ReadBuffer input, RouterTargets targets, CancellationToken cancellationToken)
    {
        _targets = targets;
        _stop = cancellationToken;
        _entries = targets.Filters.Entries;
        _client = new Http2Peer(this, client, upstream: null, input);
        _peers = [_client];
    }

    public Lock Lock { get; } = new();

    public Http2Backlog Backlog { get; } = new();

    /// <summary>Until the client's connection is done with. A defect that ended any of its connections is thrown then.</summary>
    public async Task RunAsync()
    {
        // The client is told what the original allows, so that it behaves as it would without an agent.
        await DialAsync(_original);
        Http2Peer? peer = _original.Peer;
        if (peer is not null)
        {
            try
            {
                await peer.Settings.WaitAsync(LongestWaitForSettings, _targets.Time, _stop);
            }
            catch (Exception e) when (e is TimeoutException or OperationCanceledException)
            {
                peer = null;
            }
        }

        lock (Lock)
        {
            _saidHello = true;
            _client.WriteHello(
            [
                (Http2Setting.MaxConcurrentStreams, Math.Min(peer?.MaxStreams ?? MostStreams, MostStreams)),
                (Http2Setting.InitialWindowSize, Http2Flow.Window),
                (Http2Setting.MaxHeaderListSize, peer?.MaxHeaderListSize ?? HeaderBlock.LargestSize),
                .. peer is { AllowsExtendedConnect: true } ? [(Http2Setting.EnableConnectProtocol, 1)] : Array.Empty<(Http2Setting, int)>(),
            ]);
        }

        await _client.RunAsync();
        Volatile.Read(ref _defect)?.Throw();
    }

    /// <summary>A connection ends because of it; whoever runs this one is told at the end. Any thread.</summary>
    public void Note(Exception defect) => Interlocked.CompareExchange(ref _defect, ExceptionDispatchInfo.Capture(defect), null);

    /// <summary>Ends everything at once. Any thread.</summary>
    public void Abort()
    {
        lock (Lock)
        {
            _ended = true;
            Array.ForEach(_peers, peer => peer.Abort());
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] loops;
        lock (Lock)
        {
            _ended = true;
            loops = [.. _loops];
            foreach (Http2Peer peer in _peers)
            {
                peer.Stream.Dispose();
            }
        }

        await Task.WhenAll(loops);
    }

    /// <summary>Without the lock.</summary>
    public void StartFlushes()
    {
        foreach (Http2Peer peer in _peers)
        {
            peer.StartFlush();
        }
    }

    /// <summary>The peer takes more: whatever waits for it goes, a frame of each exchange at a time.</summary>
    public void PumpTo(Http2Peer peer)
    {
        bool any = true;
        while (any && Backlog.Bytes > 0 && !peer.IsCongested)
        {
            any = false;
            foreach (Http2Exchange exchange in peer.Exchanges.Values.ToArray())
            {
                Http2Flow? flow = peer == _client ? exchange.Response : exchange.Request;
                if (flow is { HasData: true })
                {
                    any |= flow.Pump();
                    EndIfFinished(exchange);
                }
            }
        }

        ReturnOwedCredit();
    }

    /// <summary>
    /// Whatever has made the backlog shrink, reading or a stream's end: a peer whose credit was held back has nothing to
    /// send any more, and would never remind us.
    /// </summary>
    private void ReturnOwedCredit()
    {
        if (!Backlog.IsFull)
        {
            Array.ForEach(_peers, static peer => peer.ReturnOwedCredit());
        }
    }

    private Http2Upstream UpstreamFor(FilteredAttachment attachment)
    {
        Http2Upstream? upstream = _workstations.Find(one => one.Attachment == attachment);
        if (upstream is null)
        {
            upstream = new Http2Upstream(attachment);
            _workstations.Add(upstream);
        }

        return upstream;
    }

    /// <summary>Gives the exchange a stream there, at once or when there is one.</summary>
    private void Open(Http2Exchange exchange, Http2Upstream upstream)
    {
        exchange.Upstream = upstream;
        if (!upstream.HasRoom)
        {
            upstream.Waiting.Add(exchange);
            if (upstream is { Peer: null, IsDialing: false })
            {
                _loops.RemoveAll(loop => loop.IsCompleted);
                _loops.Add(DialAsync(upstream));
            }

            return;
        }

        Http2Peer peer = upstream.Peer!;
        int stream = peer.LastStream == 0 ? 1 : peer.LastStream + 2;
        peer.LastStream = stream;
        peer.Exchanges.Add(stream, exchange);
        exchange.Connect(peer, stream);
        peer.WriteHeaders(stream, HeadFor(exchange, upstream), exchange.HasNoBody);
        if (exchange.HasNoBody)
        {
            exchange.Request.FinishWithHead();
        }

        exchange.Request.Pump();
    }

    private byte[] HeadFor(Http2Exchange exchange, Http2Upstream upstream)
    {
        if (upstream.Attachment is not { ForwardSourceAddress: true } || _targets.SourceAddress is not { } source)
        {
            return exchange.Head;
        }

        HpackEncoder.Encode("x-forwarded-for"u8, Encoding.ASCII.GetBytes(source.ToString()), _scratch);
        return [.. exchange.Head, .. TakeScratch()];
    }

    private void OpenWaiting(Http2Upstream upstream)
    {
        while (upstream.Waiting.Count > 0 && upstream.HasRoom)
        {
            Http2Exchange next = upstream.Waiting[0];
            upstream.Waiting.RemoveAt(0);
            Open(next, upstream);
        }
    }

    private async Task DialAsync(Http2Upstream upstream)
    {
        upstream.IsDialing = true;
        Stream? stream = null;
        try
        {
            stream = upstream.Attachment is { } attachment
                ? await _targets.DialWorkstation(attachment.Id, _stop)
                : await _targets.DialOriginal(_stop);
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException or OperationCanceledException or ObjectDisposedException)
        {
            // Told to the exchanges that wait, below.
        }

        Http2Peer? peer = stream is null ? null : new Http2Peer(this, stream, upstream, new ReadBuffer());
        lock (Lock)
        {
            upstream.IsDialing = false;
            if (_ended)
            {
                stream?.Dispose();
                return;
            }

            if (peer is null)
            {
                Http2Exchange[] waiting = [.. upstream.Waiting];
                upstream.Waiting.Clear();
                Array.ForEach(waiting, AnswerWithoutUpstream);
            }
            else
            {
                upstream.Peer = peer;
                _peers = [.. _peers, peer];
                peer.WriteHello(
                [
                    (Http2Setting.EnablePush, 0),
                    (Http2Setting.InitialWindowSize, Http2Flow.Window),
                    (Http2Setting.MaxHeaderListSize, HeaderBlock.LargestSize),
                ]);
                OpenWaiting(upstream);
                _loops.Add(peer.RunAsync());
                if (upstream.IsDetached && upstream.Peer == peer)
                {
                    Retire(peer);
                }
            }
        }

        StartFlushes();
    }

    private void AnswerWithoutUpstream(Http2Exchange exchange)
    {
        FilteredAttachment? attachment = exchange.Upstream!.Attachment;
        if (attachment is { WhenUnavailable: WhenUnavailable.Fallback })
        {
            exchange.FellBack = true;
            Open(exchange, _original);
        }
        else
        {
            Answer(exchange, attachment is null ? 502 : 503);
        }
    }

    private byte[] TakeScratch()
    {
        ArraySegment<byte> taken = _scratch.Take();
        byte[] bytes = [.. taken];
        if (taken.Array!.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(taken.Array);
        }

        return bytes;
    }
}
