using System.Buffers;

namespace Landline.Cluster.Agent.Http.Http2;

/// <summary>
/// One direction of an exchange. What one peer sends is written to the other at once as far as that one's windows
/// allow; the rest waits here, and because credit goes back to the sender only for what was passed on, never more than
/// <see cref="Window"/> bytes wait. Guarded by the connection's lock.
/// </summary>
internal sealed class Http2Flow(Http2Peer from, Http2Backlog backlog)
{
    /// <summary>What a sender may have under way: 256 KiB fill 100 Mbit/s at 20 ms, as far as a workstation may be away.</summary>
    public const int Window = 256 * 1024;

    private byte[] _bytes = [];
    private int _start;
    private int _end;
    private int _owedCredit;
    private int _receiveWindow = Window;
    private byte[]? _trailers;

    public Http2Peer From { get; } = from;

    public int FromStream { get; set; }

    /// <summary>Null until the exchange has an upstream.</summary>
    public Http2Peer? To { get; private set; }

    public int ToStream { get; private set; }

    /// <summary>What the receiver allows on this stream; negative after it has lowered its initial window.</summary>
    public int SendWindow { get; set; }

    /// <summary>The sender has said that nothing more comes.</summary>
    public bool Ended { get; private set; }

    /// <summary>The receiver was told so.</summary>
    public bool Finished { get; private set; }

    /// <summary>The sender has more than the receiver has taken.</summary>
    public bool HasData => Queued > 0;

    /// <summary>Nothing that comes is passed on any more.</summary>
    public bool Discards { get; private set; }

    private int Queued => _end - _start;

    public void Connect(Http2Peer to, int stream)
    {
        To = to;
        ToStream = stream;
        SendWindow = to.InitialSendWindow;
    }

    /// <param name="flowControlled">The payload with its padding, which counts too.</param>
    public void Receive(ReadOnlySpan<byte> data, int flowControlled, bool ends)
    {
        _receiveWindow -= flowControlled;
        if (_receiveWindow < 0)
        {
            throw new Http2Exception(Http2Error.FlowControlError, "A stream got more than its window allows.");
        }

        Ended |= ends;
        GiveBack(flowControlled - data.Length);
        if (Discards)
        {
            GiveBack(data.Length);
            return;
        }

        if (!HasData && To is not null)
        {
            data = data[Send(data)..];
        }

        Enqueue(data);
        Finish();
    }

    public void ReceiveEnd(byte[]? trailers)
    {
        Ended = true;
        _trailers = trailers;
        Finish();
    }

    /// <summary>The head said that no body comes, and the receiver got that with the head.</summary>
    public void FinishWithHead() => Ended = Finished = true;

    /// <summary>Passes on what the windows allow now. Returns whether something went.</summary>
    public bool Pump()
    {
        if (To is null || Discards)
        {
            return false;
        }

        bool any = false;
        if (HasData)
        {
            int sent = Send(_bytes.AsSpan(_start, Queued));
            _start += sent;
            backlog.Bytes -= sent;
            any = sent > 0;
            Release();
        }

        return Finish() || any;
    }

    /// <summary>The receiver wants no more: what waits and what still comes is dropped, and the sender may send on.</summary>
    public void Discard()
    {
        int dropped = Queued;
        Drop();
        GiveBack(dropped);
    }

    /// <summary>The exchange is over.</summary>
    public void Drop()
    {
        Discards = Finished = true;
        backlog.Bytes -= Queued;
        _start = _end;
        Release();
    }

    private int Send(ReadOnlySpan<byte> data)
    {
        int sent = 0;
        while (sent < data.Length && To is { SendWindow: > 0, IsCongested: false } to && SendWindow > 0)
        {
            int count = Math.Min(Math.Min(data.Length - sent, SendWindow), Math.Min(to.SendWindow, to.MaxFrameLength));
            bool isLast = Ended && _trailers is null && sent + count == data.Length;
            to.WriteData(ToStream, data.Slice(sent, count), isLast);
            Finished |= isLast;
            SendWindow -= count;
            to.SendWindow -= count;
            sent += count;
        }

        GiveBack(sent);
        return sent;
    }

    private bool Finish()
    {
        if (HasData || !Ended || Finished || To is null)
        {
            return false;
        }

        if (_trailers is null)
        {
            To.WriteData(ToStream, default, endsStream: true);
        }
        else
        {
            To.WriteHeaders(ToStream, _trailers, endsStream: true);
        }

        Finished = true;
        return true;
    }

    /// <summary>A quarter of the window at a time, so that few frames are spent on it.</summary>
    private void GiveBack(int count)
    {
        _owedCredit += count;
        if (_owedCredit >= Window / 4 && !Ended)
        {
            From.WriteWindowUpdate(FromStream, _owedCredit);
            _receiveWindow += _owedCredit;
            _owedCredit = 0;
        }
    }

    private void Enqueue(ReadOnlySpan<byte> data)
    {
        if (data.Length == 0)
        {
            return;
        }

        if (_bytes.Length - _end < data.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Queued + data.Length, Math.Min(Queued * 2, Window)));
            _bytes.AsSpan(_start, Queued).CopyTo(larger);
            (_start, _end) = (0, Queued);
            Return();
            _bytes = larger;
        }

        data.CopyTo(_bytes.AsSpan(_end));
        _end += data.Length;
        backlog.Bytes += data.Length;
    }

    private void Release()
    {
        if (!HasData)
        {
            Return();
            _bytes = [];
            _start = _end = 0;
        }
    }

    private void Return()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}

/// <summary>How many bytes wait in all flows of a client connection. Guarded by the connection's lock.</summary>
internal sealed class Http2Backlog
{
    /// <summary>
    /// Sixteen streams that nobody reads, with full windows. Beyond it, credit for whole connections is held back until
    /// the backlog shrinks; below it, a stalled stream holds up no other.
    /// </summary>
    private const int Most = 16 * Http2Flow.Window;

    public int Bytes { get; set; }

    public bool IsFull => Bytes > Most;
}
