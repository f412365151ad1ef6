using System.Buffers;
using System.Buffers.Binary;
using Landline.Cluster.Agent.Http.Hpack;

namespace Landline.Cluster.Agent.Http.Http2;

/// <summary>This part reads: it takes frames apart, checks them, and tells the owner what they mean.</summary>
internal sealed partial class Http2Peer
{
    private readonly HpackDecoder _decoder = new();
    private readonly HeaderBlock _block = new();
    private readonly OutputBuffer _fragments = new();
    private readonly TaskCompletionSource _settings = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _receiveWindow = ConnectionWindow;
    private int _owedCredit;
    private int _continuedStream;
    private bool _continuedEnds;
    private int _fragmentCost;

    /// <summary>Completes when the peer's first settings are there, or the connection has ended.</summary>
    public Task Settings => _settings.Task;

    public bool HasSettings { get; private set; }

    /// <summary>Until the connection ends; never fails. Without the lock.</summary>
    public async Task RunAsync()
    {
        Http2Error? error = null;
        try
        {
            while (true)
            {
                lock (owner.Lock)
                {
                    ReadFrames();
                }

                owner.StartFlushes();
                if (_output.Length > FarTooMuchOutput / 2)
                {
                    await Flushing;
                }

                int received = await Stream.ReadAsync(input.Prepare(), CancellationToken.None);
                if (received == 0)
                {
                    break;
                }

                input.Commit(received);
            }
        }
        catch (Http2Exception e)
        {
            error = e.Error;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Reset, or ended by us: what was under way is dealt with below.
        }
        catch (Exception defect)
        {
            error = Http2Error.InternalError;
            owner.Note(defect);
        }

        lock (owner.Lock)
        {
            owner.OnEnded(this, error);
        }

        // A last GOAWAY, perhaps.
        owner.StartFlushes();
        await Flushing;
        _settings.TrySetResult();
        input.Dispose();
    }

    /// <summary>A quarter of the window at a time; held back while too much waits.</summary>
    public void ReturnOwedCredit()
    {
        if (_owedCredit >= ConnectionWindow / 4 && !owner.Backlog.IsFull)
        {
            WriteWindowUpdate(0, _owedCredit);
            _receiveWindow += _owedCredit;
            _owedCredit = 0;
        }
    }

    private void ReadFrames()
    {
        while (input.Length >= Http2FrameHeader.Size)
        {
            Http2FrameHeader header = Http2FrameHeader.Read(input.Unread);
            if (header.Length > Http2FrameHeader.InitialMaxLength)
            {
                throw new Http2Exception(Http2Error.FrameSizeError, "A frame is longer than was offered.");
            }

            if (input.Length < Http2FrameHeader.Size + header.Length)
            {
                return;
            }

            ReadFrame(header, input.Unread.Slice(Http2FrameHeader.Size, header.Length));
            input.Consume(Http2FrameHeader.Size + header.Length);
        }
    }

    private void ReadFrame(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!HasSettings && (header.Kind != Http2FrameKind.Settings || header.Has(Http2Flags.EndStreamOrAck)))
        {
            throw Error("The first frame must be SETTINGS.");
        }

        if (_continuedStream != 0 && (header.Kind != Http2FrameKind.Continuation || header.Stream != _continuedStream))
        {
            throw Error("A header block was not continued.");
        }

        switch (header.Kind)
        {
            case Http2FrameKind.Data:
                ReadData(header, payload);
                break;
            case Http2FrameKind.Headers:
                ReadHeaders(header, payload);
                break;
            case Http2FrameKind.Continuation:
                if (_continuedStream == 0)
                {
                    throw Error("A continuation continues nothing.");
                }

                ReadFragment(header, payload);
                break;
            case Http2FrameKind.Reset:
                RequireLength(payload.Length == 4 && header.Stream != 0);
                owner.OnReset(this, header.Stream, (Http2Error)BinaryPrimitives.ReadUInt32BigEndian(payload));
                break;
            case Http2FrameKind.Settings:
                ReadSettings(header, payload);
                break;
            case Http2FrameKind.PushPromise:
                throw Error("Push was not enabled.");
            case Http2FrameKind.Ping:
                RequireLength(payload.Length == 8 && header.Stream == 0);
                if (!header.Has(Http2Flags.EndStreamOrAck))
                {
                    payload.CopyTo(Frame(Http2FrameKind.Ping, Http2Flags.EndStreamOrAck, 0, 8));
                }

                break;
            case Http2FrameKind.GoAway:
                RequireLength(payload.Length >= 8 && header.Stream == 0);
                owner.OnGoAway(this, BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue);
                break;
            case Http2FrameKind.WindowUpdate:
                RequireLength(payload.Length == 4);
                ReadWindowUpdate(header.Stream, BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue);
                break;
            default:
                // PRIORITY says nothing any more (RFC 9113, 5.3.2); kinds that are not known are ignored (4.1).
                break;
        }
    }

    private void ReadData(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Stream == 0 || IsIdle(header.Stream))
        {
            throw Error("DATA on a stream that was not opened.");
        }

        _receiveWindow -= payload.Length;
        if (_receiveWindow < 0)
        {
            throw new Http2Exception(Http2Error.FlowControlError, "The connection got more than its window allows.");
        }

        _owedCredit += payload.Length;
        int flowControlled = payload.Length;
        payload = WithoutPadding(header, payload);
        owner.OnData(this, header.Stream, payload, flowControlled, header.Has(Http2Flags.EndStreamOrAck));
        ReturnOwedCredit();
    }

    private void ReadHeaders(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Stream == 0 || header.Stream % 2 == 0 || (Upstream is not null && IsIdle(header.Stream)))
        {
            throw Error("HEADERS on a stream that cannot be.");
        }

        payload = WithoutPadding(header, payload);
        if (header.Has(Http2Flags.Priority))
        {
            RequireLength(payload.Length >= 5);
            payload = payload[5..];
        }

        _continuedStream = header.Stream;
        _continuedEnds = header.Has(Http2Flags.EndStreamOrAck);
        _fragmentCost = 0;
        if (header.Has(Http2Flags.EndHeaders))
        {
            EndHeaders(payload);
        }
        else
        {
            ReadFragment(header, payload);
        }
    }

    private void ReadFragment(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        // Empty continuations cost as well.
        _fragmentCost += payload.Length + Http2FrameHeader.Size;
        if (_fragmentCost > HeaderBlock.LargestSize)
        {
            throw new Http2Exception(Http2Error.EnhanceYourCalm, "A header block is longer than 64 KiB.");
        }

        payload.CopyTo(_fragments.GetSpan(payload.Length));
        _fragments.Advance(payload.Length);
        if (header.Has(Http2Flags.EndHeaders))
        {
            ArraySegment<byte> fragments = _fragments.Take();
            EndHeaders(fragments);
            ArrayPool<byte>.Shared.Return(fragments.Array!);
        }
    }

    private void EndHeaders(ReadOnlySpan<byte> encoded)
    {
        int stream = _continuedStream;
        _continuedStream = 0;
        _decoder.Decode(encoded, _block);
        owner.OnHeaders(this, stream, _block, _continuedEnds);
    }

    private void ReadSettings(in Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        RequireLength(header.Stream == 0 && payload.Length % 6 == 0);
        if (header.Has(Http2Flags.EndStreamOrAck))
        {
            RequireLength(payload.Length == 0);
            return;
        }

        int window = InitialSendWindow;
        if (!HasSettings)
        {
            // Not saying so means that there is no limit.
            MaxStreams = int.MaxValue;
        }

        for (; payload.Length > 0; payload = payload[6..])
        {
            ApplySetting((Http2Setting)BinaryPrimitives.ReadUInt16BigEndian(payload), BinaryPrimitives.ReadUInt32BigEndian(payload[2..]));
        }

        HasSettings = true;
        _ = Frame(Http2FrameKind.Settings, Http2Flags.EndStreamOrAck, 0, 0);
        if (window != InitialSendWindow)
        {
            owner.OnInitialWindow(this, InitialSendWindow - window);
        }

        owner.OnSettings(this);
        _settings.TrySetResult();
    }

    private void ApplySetting(Http2Setting setting, uint value)
    {
        switch (setting)
        {
            case Http2Setting.MaxConcurrentStreams:
                MaxStreams = (int)Math.Min(value, int.MaxValue);
                break;
            case Http2Setting.InitialWindowSize when value > int.MaxValue:
                throw new Http2Exception(Http2Error.FlowControlError, "An initial window is too large.");
            case Http2Setting.InitialWindowSize:
                InitialSendWindow = (int)value;
                break;
            case Http2Setting.MaxFrameSize when value is < Http2FrameHeader.InitialMaxLength or > 0xff_ffff:
                throw Error("A frame size that cannot be.");
            case Http2Setting.MaxFrameSize:
                // Larger frames would only make others wait longer.
                MaxFrameLength = Http2FrameHeader.InitialMaxLength;
                break;
            case Http2Setting.MaxHeaderListSize:
                MaxHeaderListSize = (int)Math.Min(value, HeaderBlock.LargestSize);
                break;
            case Http2Setting.EnableConnectProtocol:
                AllowsExtendedConnect = value == 1;
                break;
            default:
                // The table size does not matter: no table is used. Unknown settings are ignored.
                break;
        }
    }

    private void ReadWindowUpdate(int stream, int credit)
    {
        if (credit == 0 || (stream != 0 && IsIdle(stream)))
        {
            throw Error("A window update of nothing, or of a stream that was not opened.");
        }

        if (stream != 0)
        {
            owner.OnWindowUpdate(this, stream, credit);
            return;
        }

        if (SendWindow > int.MaxValue - credit)
        {
            throw new Http2Exception(Http2Error.FlowControlError, "The connection's window is too large.");
        }

        SendWindow += credit;
        owner.PumpTo(this);
    }

    private bool IsIdle(int stream) => stream > LastStream || stream % 2 == 0;

    private static ReadOnlySpan<byte> WithoutPadding(Http2FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!header.Has(Http2Flags.Padded))
        {
            return payload;
        }

        if (payload.Length == 0 || payload[0] >= payload.Length)
        {
            throw Error("Padding is longer than its frame.");
        }

        return payload[1..^payload[0]];
    }

    private static void RequireLength(bool isRight)
    {
        if (!isRight)
        {
            throw new Http2Exception(Http2Error.FrameSizeError, "A frame has a length or a stream that its kind cannot have.");
        }
    }

    private static Http2Exception Error(string message) => new(Http2Error.ProtocolError, message);
}
