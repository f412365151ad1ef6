using System.Text;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Agent.Http.Hpack;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Http.Http2;

/// <summary>How exchanges and connections end. With the lock held.</summary>
internal sealed partial class Http2Connection
{
    /// <summary>A connection is gone, or broke the protocol (then <paramref name="error"/> says how).</summary>
    public void OnEnded(Http2Peer peer, Http2Error? error)
    {
        if (peer == _client)
        {
            EndClient(error);
            return;
        }

        _peers = [.. _peers.Where(other => other != peer)];
        peer.Abort();
        if (_ended)
        {
            return;
        }

        Retire(peer);
        foreach (Http2Exchange exchange in peer.Exchanges.Values.ToArray())
        {
            FailExchange(exchange, peer);
        }

        if (peer.Upstream == _original)
        {
            Drain();
        }
    }

    /// <summary>Both flows are finished, or the response is and the upstream wanted no more of the request.</summary>
    private void EndIfFinished(Http2Exchange exchange)
    {
        if (exchange.Response is not { Finished: true })
        {
            return;
        }

        if (exchange.ResetAfterResponse is { } error && !exchange.Request.Ended)
        {
            _client.WriteReset(exchange.ClientStream, error);
        }
        else if (!exchange.Request.Finished && exchange.ResetAfterResponse is null)
        {
            return;
        }

        Remove(exchange);
    }

    /// <summary>One side broke the rules of this stream: both lose it.</summary>
    private void Reset(Http2Exchange exchange, Http2Error error)
    {
        _client.WriteReset(exchange.ClientStream, error);
        exchange.Request.To?.WriteReset(exchange.Request.ToStream, Http2Error.Cancel);
        Remove(exchange);
    }

    private void Remove(Http2Exchange exchange)
    {
        exchange.Request.Drop();
        exchange.Response?.Drop();
        _client.Exchanges.Remove(exchange.ClientStream);
        Http2Upstream upstream = exchange.Upstream!;
        if (exchange.Request.To is { } peer)
        {
            peer.Exchanges.Remove(exchange.Request.ToStream);
            CloseIfRetired(peer);
        }
        else
        {
            upstream.Waiting.Remove(exchange);
        }

        OpenWaiting(upstream);
        ReturnOwedCredit();
        if (_isDraining && _client.Exchanges.Count == 0)
        {
            FinishDraining();
        }
    }

    /// <summary>The upstream's connection ended while it had to answer.</summary>
    private void FailExchange(Http2Exchange exchange, Http2Peer peer)
    {
        if (exchange.Response!.Ended)
        {
            exchange.ResetAfterResponse = Http2Error.NoError;
            exchange.Request.Discard();
            EndIfFinished(exchange);
        }
        else if (exchange.ResponseStarted)
        {
            _client.WriteReset(exchange.ClientStream, Http2Error.InternalError);
            Remove(exchange);
        }
        else if (exchange.MayReplay && peer.Upstream!.Attachment is { } attachment && !(exchange.WasReplayed && attachment.WhenUnavailable == WhenUnavailable.Refuse))
        {
            // The first request of a connection fails because of the handler, a later one perhaps of an idle timeout.
            bool again = peer.LastStream > 1 && !exchange.WasReplayed;
            exchange.WasReplayed = true;
            exchange.FellBack = !again;
            peer.Exchanges.Remove(exchange.Request.ToStream);
            if (again || attachment.WhenUnavailable == WhenUnavailable.Fallback)
            {
                Open(exchange, again ? peer.Upstream : _original);
            }
            else
            {
                Answer(exchange, 502);
            }
        }
        else
        {
            Answer(exchange, 502);
        }
    }

    /// <summary>A response of our own, where no target gave one.</summary>
    private void Answer(Http2Exchange exchange, int status)
    {
        Observe(exchange, status);
        HpackEncoder.Encode(":status"u8, Encoding.ASCII.GetBytes(status.ToString(System.Globalization.CultureInfo.InvariantCulture)), _scratch);
        _client.WriteHeaders(exchange.ClientStream, TakeScratch(), endsStream: true);
        if (!exchange.Request.Ended)
        {
            // The response is complete; the rest of the request is not wanted (RFC 9113, 8.1).
            _client.WriteReset(exchange.ClientStream, Http2Error.NoError);
        }

        Remove(exchange);
    }

    /// <summary>No new streams there; what runs goes on, and then it is closed.</summary>
    private void Retire(Http2Peer peer)
    {
        peer.IsGoingAway = true;
        if (peer.Upstream!.Peer == peer)
        {
            peer.Upstream.Peer = null;
            Http2Exchange[] waiting = [.. peer.Upstream.Waiting];
            peer.Upstream.Waiting.Clear();
            Array.ForEach(waiting, exchange => Open(exchange, peer.Upstream));
        }

        CloseIfRetired(peer);
    }

    /// <summary>After the table has changed: no connection is kept to the handlers of attachments that are gone.</summary>
    private void DropDetached()
    {
        IReadOnlyList<FilteredAttachment> entries = _targets.Filters.Entries;
        if (ReferenceEquals(entries, _entries))
        {
            return;
        }

        _entries = entries;
        foreach (Http2Upstream upstream in _workstations.ToArray())
        {
            if (!entries.Contains(upstream.Attachment!))
            {
                // One that is being dialled serves those who wait for it and is retired then.
                upstream.IsDetached = true;
                _workstations.Remove(upstream);
                if (upstream.Peer is { } peer)
                {
                    Retire(peer);
                }
            }
        }
    }

    private void CloseIfRetired(Http2Peer peer)
    {
        if (peer is { IsGoingAway: true, Exchanges.Count: 0 } && _peers.Contains(peer))
        {
            _peers = [.. _peers.Where(other => other != peer)];
            peer.Stream.Dispose();
        }
    }

    /// <summary>The client is asked to connect anew; what it has begun is finished.</summary>
    private void Drain()
    {
        if (_isDraining || !_saidHello)
        {
            return;
        }

        _isDraining = true;
        _client.WriteGoAway(int.MaxValue, Http2Error.NoError);
        if (_client.Exchanges.Count == 0)
        {
            FinishDraining();
        }
    }

    /// <summary>The client closes when it has read this; that ends the reading loop.</summary>
    private void FinishDraining() => _client.WriteGoAway(_client.LastStream, Http2Error.NoError);

    private void EndClient(Http2Error? error)
    {
        _ended = true;
        if (error is { } code)
        {
            _client.WriteGoAway(_client.LastStream, code);
        }

        foreach (Http2Peer peer in _peers)
        {
            if (peer != _client)
            {
                peer.Abort();
            }
        }
    }
}
