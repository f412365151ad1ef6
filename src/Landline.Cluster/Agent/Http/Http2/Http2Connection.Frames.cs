using System.Text;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Agent.Http.Hpack;

namespace Landline.Cluster.Agent.Http.Http2;

/// <summary>What peers say, told by their reading loops with the lock held.</summary>
internal sealed partial class Http2Connection
{
    public void OnHeaders(Http2Peer peer, int stream, HeaderBlock block, bool ends)
    {
        if (peer.Exchanges.TryGetValue(stream, out Http2Exchange? exchange))
        {
            if (peer != _client && !exchange.Response!.HasData && !exchange.Response.Ended)
            {
                PassResponse(exchange, block, ends);
            }
            else
            {
                EndWithTrailers(exchange, peer == _client ? exchange.Request : exchange.Response!, block, ends);
            }
        }
        else if (peer == _client && stream > peer.LastStream)
        {
            peer.LastStream = stream;
            BeginExchange(stream, block, ends);
        }
    }

    public void OnData(Http2Peer peer, int stream, ReadOnlySpan<byte> data, int flowControlled, bool ends)
    {
        // A stream that is gone was reset; what was under way then counts for the connection only.
        if (!peer.Exchanges.TryGetValue(stream, out Http2Exchange? exchange))
        {
            return;
        }

        Http2Flow flow = peer == _client ? exchange.Request : exchange.Response!;
        if (flow.Ended)
        {
            Reset(exchange, Http2Error.StreamClosed);
            return;
        }

        flow.Receive(data, flowControlled, ends);
        EndIfFinished(exchange);
    }

    public void OnReset(Http2Peer peer, int stream, Http2Error error)
    {
        if (!peer.Exchanges.TryGetValue(stream, out Http2Exchange? exchange))
        {
            return;
        }

        if (peer == _client)
        {
            exchange.Request.To?.WriteReset(exchange.Request.ToStream, error);
            Remove(exchange);
        }
        else if (exchange.Response!.Ended)
        {
            // The whole response came first and is still delivered.
            exchange.ResetAfterResponse = error;
            exchange.Request.Discard();
            peer.Exchanges.Remove(stream);
            OpenWaiting(peer.Upstream!);
            EndIfFinished(exchange);
            ReturnOwedCredit();
        }
        else
        {
            _client.WriteReset(exchange.ClientStream, error);
            Observe(exchange, exchange.ResponseStarted ? null : 0);
            Remove(exchange);
        }
    }

    public void OnWindowUpdate(Http2Peer peer, int stream, int credit)
    {
        if (!peer.Exchanges.TryGetValue(stream, out Http2Exchange? exchange)
            || (peer == _client ? exchange.Response : exchange.Request) is not { } flow)
        {
            // Before there is an upstream, a client's credit for the response has nowhere to be kept but here.
            if (exchange is not null)
            {
                exchange.EarlyCredit += credit;
            }

            return;
        }

        if (flow.SendWindow > int.MaxValue - credit)
        {
            Reset(exchange, Http2Error.FlowControlError);
            return;
        }

        flow.SendWindow += credit;
        flow.Pump();
        EndIfFinished(exchange);
        ReturnOwedCredit();
    }

    public void OnInitialWindow(Http2Peer peer, int change)
    {
        foreach (Http2Exchange exchange in peer.Exchanges.Values)
        {
            if ((peer == _client ? exchange.Response : exchange.Request) is { } flow)
            {
                flow.SendWindow += change;
            }
        }

        PumpTo(peer);
    }

    public void OnSettings(Http2Peer peer)
    {
        if (peer.Upstream is { } upstream && upstream.Peer == peer)
        {
            OpenWaiting(upstream);
        }
    }

    /// <summary>Streams above the last one were not looked at: the client may send them again.</summary>
    public void OnGoAway(Http2Peer peer, int lastStream)
    {
        if (peer == _client)
        {
            return;
        }

        Retire(peer);
        foreach ((int stream, Http2Exchange exchange) in peer.Exchanges.ToArray())
        {
            if (stream > lastStream)
            {
                _client.WriteReset(exchange.ClientStream, Http2Error.RefusedStream);
                Remove(exchange);
            }
        }

        // The original wants its clients to connect anew, perhaps elsewhere. A workstation's wish is ours to grant.
        if (peer.Upstream == _original)
        {
            Drain();
        }
    }

    private void BeginExchange(int stream, HeaderBlock block, bool ends)
    {
        if (_client.Exchanges.Count >= MostStreams)
        {
            _client.WriteReset(stream, Http2Error.RefusedStream);
            return;
        }

        DropDetached();
        ReadOnlySpan<byte> method = block.Find(":method"u8);
        var view = new RequestView(method, block.Find(":path"u8), block.Bytes, block.Fields);
        FilteredAttachment? attachment = _targets.Filters.Find(view);
        HpackEncoder.Encode(block, _scratch);
        bool isIdempotent = method.SequenceEqual("GET"u8) || method.SequenceEqual("HEAD"u8) || method.SequenceEqual("PUT"u8)
            || method.SequenceEqual("DELETE"u8) || method.SequenceEqual("OPTIONS"u8);
        var exchange = new Http2Exchange(_client, stream, attachment, TakeScratch(), Backlog)
        {
            HasNoBody = ends,
            MayReplay = ends && isIdempotent,
            Observed = _targets.Observer is null ? null : (Encoding.ASCII.GetString(method), Encoding.UTF8.GetString(view.Path)),
        };
        _client.Exchanges.Add(stream, exchange);
        if (ends)
        {
            exchange.Request.ReceiveEnd(trailers: null);
        }

        Open(exchange, attachment is null ? _original : UpstreamFor(attachment));
    }

    private void PassResponse(Http2Exchange exchange, HeaderBlock block, bool ends)
    {
        ReadOnlySpan<byte> status = block.Find(":status"u8);
        if (status.Length > 0 && status[0] != (byte)'1')
        {
            Observe(exchange, int.TryParse(status, out int code) ? code : 0);
        }

        exchange.ResponseStarted = true;
        HpackEncoder.Encode(block, _scratch);
        _client.WriteHeaders(exchange.ClientStream, TakeScratch(), ends);
        if (ends)
        {
            exchange.Response!.FinishWithHead();
        }

        EndIfFinished(exchange);
    }

    private void EndWithTrailers(Http2Exchange exchange, Http2Flow flow, HeaderBlock block, bool ends)
    {
        if (flow.Ended || !ends)
        {
            Reset(exchange, flow.Ended ? Http2Error.StreamClosed : Http2Error.ProtocolError);
            return;
        }

        HpackEncoder.Encode(block, _scratch);
        flow.ReceiveEnd(TakeScratch());
        EndIfFinished(exchange);
    }

    private void Observe(Http2Exchange exchange, int? status)
    {
        if (exchange.Observed is { } observed && status is { } code)
        {
            _targets.Observer!(new RoutedRequest(observed.Method, observed.Path, exchange.Attachment?.Id, code, exchange.FellBack));
        }
    }
}
