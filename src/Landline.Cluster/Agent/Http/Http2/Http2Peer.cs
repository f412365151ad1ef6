using System.Buffers;
using System.Buffers.Binary;
using Landline.Cluster.Agent.Http.Hpack;

namespace Landline.Cluster.Agent.Http.Http2;

/// <summary>
/// One HTTP/2 connection: the client's, or one that was made to the original or a workstation for it. This part holds
/// what the peer allows and writes frames; they collect in a buffer that <see cref="StartFlush"/> sends. Guarded by the
/// owner's lock, except where it says otherwise.
/// </summary>
internal sealed partial class Http2Peer(Http2Connection owner, Stream stream, Http2Upstream? upstream, ReadBuffer input)
{
    /// <summary>More than this is not added to what waits to be written as long as the peer does not read.</summary>
    private const int MostOutput = 256 * 1024;

    /// <summary>
    /// With this much waiting (answers to pings, headers) nothing more is read from the peer, or, where others cause it,
    /// the connection ends.
    /// </summary>
    private const int FarTooMuchOutput = 4 * 1024 * 1024;

    /// <summary>Nothing can be sent sooner than this, the protocol's initial window (RFC 9113, 6.9.2).</summary>
    private const int ProtocolWindow = 65_535;

    /// <summary>What all streams together may have under way toward us. They cannot block each other: credit returns on receipt.</summary>
    private const int ConnectionWindow = 1024 * 1024;

    private readonly OutputBuffer _output = new();
    private bool _toldTableSize;
    private TaskCompletionSource? _flushed; // Of the write under way; null: there is none.
    private bool _ended;

    /// <summary>Null: the client.</summary>
    public Http2Upstream? Upstream { get; } = upstream;

    public Stream Stream { get; } = stream;

    public Dictionary<int, Http2Exchange> Exchanges { get; } = [];

    /// <summary>The client's: the highest it has opened. An upstream's: the last that was opened there.</summary>
    public int LastStream { get; set; }

    public int SendWindow { get; set; } = ProtocolWindow;

    public int InitialSendWindow { get; private set; } = ProtocolWindow;

    public int MaxFrameLength { get; private set; } = Http2FrameHeader.InitialMaxLength;

    /// <summary>Before an upstream has said how many, the least that is recommended (RFC 9113, 6.5.2).</summary>
    public int MaxStreams { get; private set; } = 100;

    public int MaxHeaderListSize { get; private set; } = HeaderBlock.LargestSize;

    public bool AllowsExtendedConnect { get; private set; }

    /// <summary>No new stream may be opened here.</summary>
    public bool IsGoingAway { get; set; }

    /// <summary>Nothing is written any more; the reading loop is about to end.</summary>
    public bool HasFailed => _ended;

    public bool IsCongested => _output.Length > MostOutput;

    /// <summary>The write under way, if any; never fails. For waiting until everything is written. Without the lock.</summary>
    public Task Flushing
    {
        get
        {
            lock (owner.Lock)
            {
                return _flushed?.Task ?? Task.CompletedTask;
            }
        }
    }

    public void WriteHello(ReadOnlySpan<(Http2Setting Setting, int Value)> settings)
    {
        if (Upstream is not null)
        {
            _output.Write(Http2FrameHeader.Preface);
        }

        Span<byte> payload = Frame(Http2FrameKind.Settings, Http2Flags.None, 0, settings.Length * 6);
        for (int i = 0; i < settings.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload[(i * 6)..], (ushort)settings[i].Setting);
            BinaryPrimitives.WriteInt32BigEndian(payload[((i * 6) + 2)..], settings[i].Value);
        }

        WriteWindowUpdate(0, ConnectionWindow - ProtocolWindow);
    }

    public void WriteData(int stream, ReadOnlySpan<byte> data, bool endsStream) =>
        data.CopyTo(Frame(Http2FrameKind.Data, endsStream ? Http2Flags.EndStreamOrAck : Http2Flags.None, stream, data.Length));

    public void WriteHeaders(int stream, ReadOnlySpan<byte> block, bool endsStream)
    {
        byte[]? first = null;
        if (!_toldTableSize)
        {
            _toldTableSize = true;
            block = first = [HpackEncoder.NoTable, .. block];
        }

        Http2FrameKind kind = Http2FrameKind.Headers;
        Http2Flags flags = endsStream ? Http2Flags.EndStreamOrAck : Http2Flags.None;
        do
        {
            int length = Math.Min(block.Length, MaxFrameLength);
            flags |= length == block.Length ? Http2Flags.EndHeaders : Http2Flags.None;
            block[..length].CopyTo(Frame(kind, flags, stream, length));
            block = block[length..];
            kind = Http2FrameKind.Continuation;
            flags = Http2Flags.None;
        }
        while (block.Length > 0);

        if (_output.Length > FarTooMuchOutput)
        {
            Abort();
        }
    }

    public void WriteReset(int stream, Http2Error error) =>
        BinaryPrimitives.WriteUInt32BigEndian(Frame(Http2FrameKind.Reset, Http2Flags.None, stream, 4), (uint)error);

    public void WriteWindowUpdate(int stream, int credit) =>
        BinaryPrimitives.WriteInt32BigEndian(Frame(Http2FrameKind.WindowUpdate, Http2Flags.None, stream, 4), credit);

    public void WriteGoAway(int lastStream, Http2Error error)
    {
        Span<byte> payload = Frame(Http2FrameKind.GoAway, Http2Flags.None, 0, 8);
        BinaryPrimitives.WriteInt32BigEndian(payload, lastStream);
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], (uint)error);
    }

    /// <summary>Sends what waits, unless that is under way. Without the lock.</summary>
    public void StartFlush()
    {
        lock (owner.Lock)
        {
            if (_flushed is not null || _ended || _output.Length == 0)
            {
                return;
            }

            // Under the lock, so that whoever comes while this thread is about to write waits for it.
            _flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _ = FlushAsync();
    }

    /// <summary>Nothing is written any more; the reading loop ends.</summary>
    public void Abort()
    {
        _ended = true;
        StreamEnds.Abort(Stream);
    }

    private Span<byte> Frame(Http2FrameKind kind, Http2Flags flags, int stream, int length)
    {
        Span<byte> frame = _output.GetSpan(Http2FrameHeader.Size + length);
        new Http2FrameHeader(length, kind, flags, stream).Write(frame);
        _output.Advance(Http2FrameHeader.Size + length);
        return frame.Slice(Http2FrameHeader.Size, length);
    }

    private async Task FlushAsync()
    {
        try
        {
            while (TakeOutput() is { Array: { } array } bytes)
            {
                await WriteAsync(bytes);
                ArrayPool<byte>.Shared.Return(array);
                lock (owner.Lock)
                {
                    owner.PumpTo(this);
                }

                // Credit for those who sent what has gone now; perhaps nobody else has anything to say for long.
                owner.StartFlushes();
            }
        }
        catch (Exception defect)
        {
            lock (owner.Lock)
            {
                _flushed!.SetResult();
                _flushed = null;
                owner.Note(defect);
                Abort(); // The reading loop ends with it, and tells the owner.
            }
        }
    }

    /// <summary>Nothing when all is written: then nobody writes any more.</summary>
    private ArraySegment<byte> TakeOutput()
    {
        lock (owner.Lock)
        {
            if (_output.Length > 0 && !_ended)
            {
                return _output.Take();
            }

            _flushed!.SetResult();
            _flushed = null;
            return default;
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await Stream.WriteAsync(bytes, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The reading loop learns the same and ends the connection.
            lock (owner.Lock)
            {
                _ended = true;
            }
        }
    }
}
