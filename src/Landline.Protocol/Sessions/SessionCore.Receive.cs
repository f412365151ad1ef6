using System.Buffers.Binary;
using Landline.Protocol.Frames;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Sessions;

/// <content>
/// Input: whole frames are taken off the link's buffer, checked, counted and handed on. One batch at a time, so that a
/// new link's first frame never overtakes the old link's last.
/// </content>
internal sealed partial class SessionCore
{
    // Bytes of counted frames received in this session, and how many of them the peer has been told about.
    private long _received;
    private long _acknowledgedToPeer;

    /// <summary>Bytes of counted frames received so far, for the hello of a new link. No link is attached.</summary>
    public long Received
    {
        get
        {
            lock (_receiveGate)
            {
                return _received;
            }
        }
    }

    /// <summary>
    /// Takes whole frames off the front of <paramref name="input"/> and returns how many bytes that was; -1 = the
    /// link has been replaced or given up, and nothing it brings counts any more.
    /// </summary>
    /// <exception cref="SessionProtocolException">The peer is wrong: the caller ends the session.</exception>
    public int Receive(Link link, ReadOnlySpan<byte> input)
    {
        int taken = 0;
        bool ownsBatch = PumpBatch.TryBegin();
        try
        {
            lock (_receiveGate)
            {
                NoteSignOfLife();
                while (input.Length - taken >= FrameCodec.HeaderBytes)
                {
                    FrameHeader header = FrameCodec.ReadHeader(input[taken..]);
                    int size = FrameCodec.HeaderBytes + header.Length;
                    if (input.Length - taken < size)
                    {
                        break;
                    }

                    if (!Process(link, header, input.Slice(taken + FrameCodec.HeaderBytes, header.Length)))
                    {
                        // While the peer is being told that the session is over, what it says does not matter.
                        return IsClosing(link) ? input.Length : -1;
                    }

                    taken += size;
                }

                PlanAcknowledgement(link);
            }
        }
        finally
        {
            if (ownsBatch)
            {
                PumpBatch.End();
            }
        }

        return taken;
    }

    /// <summary>Before a batch, without the gate: any byte is a sign of life.</summary>
    private void NoteSignOfLife()
    {
        Volatile.Write(ref _lastReceivedTicks, Now.Ticks);
        if (Volatile.Read(ref _probing))
        {
            lock (_gate)
            {
                _probing = false;
                _probeDue = TimeSpan.MaxValue;
            }
        }
    }

    private bool IsClosing(Link link)
    {
        lock (_gate)
        {
            return _link == link && _end is not null;
        }
    }

    /// <summary>After a batch. The first look is without the gate: only the reader adds to what is received.</summary>
    private void PlanAcknowledgement(Link link)
    {
        long unacknowledged = _received - Volatile.Read(ref _acknowledgedToPeer);
        if (unacknowledged == 0 || (unacknowledged < SessionLimits.AcknowledgeAfterBytes && Volatile.Read(ref _acknowledgePlanned)))
        {
            return;
        }

        Link? pump = null;
        lock (_gate)
        {
            if (_link != link)
            {
                return;
            }

            if (unacknowledged >= SessionLimits.AcknowledgeAfterBytes)
            {
                link.AcknowledgePending = true;
                pump = PumpLocked();
            }
            else if (!_acknowledgePlanned)
            {
                _acknowledgePlanned = true;
                ArmLocked(_acknowledgeDue = Now + SessionLimits.AcknowledgeAfter);
            }
        }

        pump?.Pump();
    }

    /// <summary>False = the link is not the session's any more.</summary>
    private bool Process(Link link, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        SessionStream? stream;
        bool over = false;
        lock (_gate)
        {
            if (_link != link || _end is not null)
            {
                return false;
            }

            if (header.IsCounted)
            {
                _received += FrameCodec.HeaderBytes + header.Length;
            }

            _streams.TryGetValue(header.StreamId, out stream);
            if (header.Kind == FrameKind.Open)
            {
                stream = OpenLocked(header, payload);
            }
            else if (header.StreamId == 0)
            {
                ProcessOfSessionLocked(link, header.Kind, payload);
            }
            else if (stream is null)
            {
                return true; // Over on this side; the peer did not know yet.
            }
            else
            {
                over = ProcessOfStreamLocked(stream, header, payload);
            }
        }

        switch (header.Kind)
        {
            case FrameKind.Data:
                stream!.Deliver(payload);
                break;
            case FrameKind.Open:
                Offer(header, stream);
                break;
            case FrameKind.Opened:
                stream!.OnOpened();
                break;
            case FrameKind.End:
                stream!.DeliverEnd();
                if (over)
                {
                    stream.OnOver(null);
                }

                break;
            case FrameKind.Reset:
                stream!.OnOver(FrameCodec.ReadReason(payload));
                break;
            case FrameKind.Close:
                StreamEnd reason = FrameCodec.ReadReason(payload);
                End(reason with { Detail = $"The peer ended the session: {reason.Detail}" }, tellPeer: false);
                break;
        }

        return true;
    }

    private SessionStream? OpenLocked(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        StreamKind kind = FrameCodec.ReadOpen(payload, out uint window, out ReadOnlySpan<byte> body);
        bool oddId = (header.StreamId & 1) == 1;
        if (oddId == _isClient || window > SessionLimits.LargestCredit || _streams.ContainsKey(header.StreamId))
        {
            throw Violation(header, "the stream's number is not the peer's to open, or it is open, or its window is too large");
        }

        if (_streams.Count >= SessionLimits.OpenStreams)
        {
            return null;
        }

        var flow = new StreamFlow { Phase = StreamPhase.Offered, SendCredit = window };
        var stream = new SessionStream(this, header.StreamId, kind, flow, body.ToArray(), isOpener: false);
        AddLocked(stream);
        return stream;
    }

    private void Offer(FrameHeader header, SessionStream? stream)
    {
        if (stream is null)
        {
            Refuse(header.StreamId, new StreamEnd(StreamEndCode.TooMany, "Too many streams are open in this session."));
            return;
        }

        if (stream.Kind is < StreamKind.Tcp or > StreamKind.Workload)
        {
            stream.Refuse(new StreamEnd(StreamEndCode.Unavailable, $"Streams of kind {(byte)stream.Kind} are not known here."));
            return;
        }

        try
        {
            _acceptor(_session, stream);
        }
        catch (Exception exception)
        {
            // A defect of whoever serves streams ends that stream and not the session with all the others.
            stream.Refuse(new StreamEnd(StreamEndCode.Failed, $"The stream could not be served: {exception.Message}"));
        }
    }

    private void Refuse(uint streamId, StreamEnd reason)
    {
        Link? pump;
        lock (_gate)
        {
            Span<byte> body = stackalloc byte[1 + FrameCodec.LongestReason];
            int length = FrameCodec.WriteReason(body, reason);
            pump = AppendLocked(FrameKind.Reset, streamId, body[..length]);
        }

        pump?.Pump();
    }

    /// <summary>True = the stream is over, in order.</summary>
    private bool ProcessOfStreamLocked(SessionStream stream, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        StreamFlow flow = stream.Flow;
        switch (header.Kind)
        {
            case FrameKind.Data:
                int cost = header.Length + (stream.HasDatagrams ? SessionLimits.DatagramOverhead : 0);
                if (flow.Phase != StreamPhase.Open || flow.EndReceived || cost == 0 || cost > flow.ReceiveCredit)
                {
                    throw Violation(header, $"{cost} bytes came and {flow.ReceiveCredit} were allowed");
                }

                flow.ReceiveCredit -= cost;
                return false;
            case FrameKind.Opened when flow.Phase == StreamPhase.Opening:
                flow.Phase = StreamPhase.Open;
                AddCreditLocked(stream, header, payload);
                return false;
            case FrameKind.Window when flow.Phase == StreamPhase.Open:
                AddCreditLocked(stream, header, payload);
                return false;
            case FrameKind.End when flow.Phase != StreamPhase.Opening && !flow.EndReceived:
                flow.EndReceived = true;
                if (flow.EndSent)
                {
                    RemoveLocked(stream);
                }

                return flow.EndSent;
            case FrameKind.Reset:
                RemoveLocked(stream);
                return false;
            default:
                throw Violation(header, $"the stream is {flow.Phase}");
        }
    }

    private void AddCreditLocked(SessionStream stream, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        StreamFlow flow = stream.Flow;
        flow.SendCredit += BinaryPrimitives.ReadUInt32BigEndian(payload);
        if (flow.SendCredit > SessionLimits.LargestCredit)
        {
            throw Violation(header, $"the credit would be {flow.SendCredit}");
        }

        if (flow.WantsTurn && flow.SendCredit > 0)
        {
            QueueTurnLocked(stream);
            PumpBatch.TryDefer(this);
        }
    }

    private void ProcessOfSessionLocked(Link link, FrameKind kind, ReadOnlySpan<byte> payload)
    {
        ulong value = payload.Length == 8 ? BinaryPrimitives.ReadUInt64BigEndian(payload) : 0;
        switch (kind)
        {
            case FrameKind.GoAway:
                _peerDrains = true;
                break;
            case FrameKind.Acknowledge:
                if (value > long.MaxValue || !_log.TryAcknowledge((long)value))
                {
                    throw new SessionProtocolException($"The peer acknowledged {value} bytes; {_log.Acknowledged} to {_log.Sent} were possible.");
                }

                PumpBatch.TryDefer(this); // There may be room again.
                break;
            case FrameKind.Ping:
                link.PongPending = value; // Only the latest is answered: a flood of pings costs nothing.
                PumpBatch.TryDefer(this);
                break;
            case FrameKind.Pong:
                MeasureLocked(value);
                break;
        }
    }

    private static SessionProtocolException Violation(FrameHeader header, string why) =>
        new($"The peer sent {header.Kind} for stream {header.StreamId}, but {why}.");
}
