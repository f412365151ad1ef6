using System.Buffers;
using System.Net.WebSockets;
using System.Text;

namespace Landline.Kubernetes.Streaming;

/// <summary>
/// A byte stream to a port of a pod. One thread may read while another one writes; disposing ends both, and so does
/// cancelling either, because half a message cannot be taken back.
/// <code>
///   WebSocket message (binary)
///   +---------+-----------------------------+
///   | channel | data                        |   channel 0: bytes to and from the port
///   |   u8    |                             |   channel 1: from the node, an error text; it ends the stream
///   +---------+-----------------------------+
///   The first message on each channel holds the port instead (u16, little-endian).
/// </code>
/// Of subprotocol v4.channel.k8s.io with one port.
/// </summary>
internal sealed class PortForwardStream(WebSocket socket, string target) : Stream
{
    public const string Subprotocol = "v4.channel.k8s.io";

    private const byte DataChannel = 0;
    private const byte ErrorChannel = 1;
    private const int PortLength = 2;

    // With the channel byte the longest message whose header is four bytes long.
    private const int LongestWrite = ushort.MaxValue - 1;

    // Kubernetes writes a sentence; more is not shown.
    private const int LongestError = 4096;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly byte[] _channel = new byte[1];
    private readonly byte[] _discarded = new byte[256];
    private int _dataPrefixLeft = PortLength;
    private int _errorPrefixLeft = PortLength;
    private bool _inDataMessage;
    private bool _ended;
    private int _disposed;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Zero when the pod's side has ended.</summary>
    /// <exception cref="IOException">The node reported an error, or the connection broke.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0)
        {
            return 0;
        }

        try
        {
            while (!_ended)
            {
                if (!_inDataMessage && !await BeginMessageAsync(cancellationToken))
                {
                    continue;
                }

                // Straight into the caller's buffer: the channel's byte was received on its own.
                ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer, cancellationToken);
                _inDataMessage = !part.EndOfMessage;
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    _ended = true;
                }
                else if (part.Count > 0)
                {
                    return part.Count;
                }
            }

            return 0;
        }
        catch (Exception e) when (IsBreak(e, cancellationToken))
        {
            _ended = true;
            throw Broken(e);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        byte[] message = ArrayPool<byte>.Shared.Rent(1 + Math.Min(buffer.Length, LongestWrite));
        try
        {
            message[0] = DataChannel;
            while (buffer.Length > 0)
            {
                int count = Math.Min(buffer.Length, LongestWrite);
                buffer[..count].CopyTo(message.AsMemory(1));
                await socket.SendAsync(
                    message.AsMemory(0, 1 + count), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
                buffer = buffer[count..];
            }
        }
        catch (Exception e) when (IsBreak(e, cancellationToken))
        {
            throw Broken(e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Only asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Only asynchronously.");

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Says goodbye, if that can be done at once, and closes the connection.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0 && socket.State == WebSocketState.Open)
        {
            using var deadline = new CancellationTokenSource(CloseTimeout, TimeProvider.System);
            try
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token);
            }
            catch (Exception e) when (
                e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The connection is gone already, which is what is wanted.
            }
        }

        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        Interlocked.Exchange(ref _disposed, 1);
        if (disposing)
        {
            socket.Abort(); // Also ends a read or a write that is under way.
            socket.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>An aborted WebSocket reports a cancellation that nobody asked for.</summary>
    private static bool IsBreak(Exception e, CancellationToken cancellationToken) =>
        e is WebSocketException or ObjectDisposedException
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private IOException Broken(Exception cause) =>
        new($"The port-forward to {target} {(_disposed == 0 ? "broke" : "was closed")}: {cause.Message}", cause);

    /// <summary>Receives a message's channel. True when data of the pod follows.</summary>
    private async ValueTask<bool> BeginMessageAsync(CancellationToken cancellationToken)
    {
        ValueWebSocketReceiveResult start = await socket.ReceiveAsync(_channel.AsMemory(), cancellationToken);
        if (start.MessageType == WebSocketMessageType.Close)
        {
            _ended = true;
            return false;
        }

        if (start.EndOfMessage || start.Count == 0)
        {
            return false;
        }

        switch (_channel[0])
        {
            case DataChannel when _dataPrefixLeft == 0:
                return _inDataMessage = true;
            case DataChannel:
                return await SkipPortAsync(cancellationToken);
            case ErrorChannel:
                await ReadErrorAsync(cancellationToken);
                return false;
            default:
                _ended = true;
                throw new IOException($"The port-forward to {target} has data of an unknown channel ({_channel[0]}).");
        }
    }

    /// <summary>The port may come with data behind it. True when it does.</summary>
    private async ValueTask<bool> SkipPortAsync(CancellationToken cancellationToken)
    {
        while (_dataPrefixLeft > 0)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(
                _discarded.AsMemory(0, _dataPrefixLeft), cancellationToken);
            _dataPrefixLeft -= part.Count;
            if (part.EndOfMessage)
            {
                return false;
            }
        }

        return _inDataMessage = true;
    }

    private async ValueTask ReadErrorAsync(CancellationToken cancellationToken)
    {
        var text = new MemoryStream();
        ValueWebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(_discarded.AsMemory(), cancellationToken);
            int skip = Math.Min(_errorPrefixLeft, part.Count);
            _errorPrefixLeft -= skip;
            if (text.Length < LongestError)
            {
                await text.WriteAsync(_discarded.AsMemory(skip, part.Count - skip), cancellationToken);
            }
        }
        while (!part.EndOfMessage);

        if (text.Length > 0)
        {
            _ended = true;
            string error = Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length).Trim();
            throw new IOException($"The port-forward to {target} was ended: {error}");
        }
    }
}
