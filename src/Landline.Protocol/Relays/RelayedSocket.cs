using System.Net.Sockets;
using Landline.Protocol.Frames;
using Landline.Protocol.Loops;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Relays;

/// <summary>
/// One socket and its stream. Two loops: upward from the socket into the stream, downward from the stream into the
/// socket. While nothing waits in the stream's queue the downward bytes do not take the loop but go out of
/// <see cref="IStreamSink.Take"/> at once. The downward loop closes the socket; nobody else does. Both wait for the
/// session's event loop and go on in its thread.
/// </summary>
internal sealed class RelayedSocket : IStreamSink
{
    private readonly Socket _socket;
    private readonly SessionStream _stream;
    private readonly Readiness _readiness;
    private readonly WakeSignal _wake = new() { RunsInline = true };
    private SocketError _sendError;

    public RelayedSocket(Socket socket, SessionStream stream)
    {
        _socket = socket;
        _stream = stream;
        socket.Blocking = false;
        socket.NoDelay = true;
        stream.Turn.RunsInline = true;
        _readiness = stream.Session.Loop.Watch(socket.SafeHandle);
    }

    public async Task<StreamEnd?> RunAsync()
    {
        Task downward = SendAsync();
        _stream.AttachSink(this);
        await ReceiveAsync();
        await downward;
        while (!_stream.IsOver)
        {
            await _wake.WaitAsync(); // Both directions have ended; the stream is over in a moment.
        }

        StreamEnd? end = _stream.EndReason;
        if (end is not null)
        {
            Reset();
        }

        Close();
        return end;
    }

    int IStreamSink.Take(ReadOnlySpan<byte> bytes)
    {
        if (_sendError != SocketError.Success)
        {
            return bytes.Length; // The loop is about to reset the stream.
        }

        try
        {
            int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
            if (error is SocketError.Success)
            {
                return sent;
            }

            if (error is SocketError.WouldBlock)
            {
                return 0;
            }

            _sendError = error;
        }
        catch (ObjectDisposedException)
        {
            _sendError = SocketError.OperationAborted;
        }

        return bytes.Length;
    }

    void IStreamSink.AfterTake()
    {
        if (_sendError != SocketError.Success)
        {
            _wake.Set();
        }
    }

    void IStreamSink.Wake()
    {
        _wake.Set();
        if (_stream.EndReason is not null)
        {
            _readiness.Interrupt(); // A process that does not read must not keep the reset from its connection.
        }
    }

    /// <summary>Socket to stream, until the socket's end or the stream's.</summary>
    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                await _readiness.WaitReadableAsync();
                bool mayHaveMore = true;
                bool hasTurn = false;
                while (mayHaveMore)
                {
                    switch (Append(hasTurn, out mayHaveMore))
                    {
                        case AppendStatus.NotNow:
                            await _stream.Turn.WaitAsync();
                            hasTurn = mayHaveMore = true;
                            continue;
                        case AppendStatus.Ended:
                            _stream.EndWriting();
                            return;
                        case AppendStatus.Over:
                            return;
                    }

                    hasTurn = false;
                    if (mayHaveMore)
                    {
                        await _readiness.NextRoundAsync();
                    }
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Fail((exception as SocketException)?.SocketErrorCode ?? SocketError.OperationAborted);
        }
    }

    private AppendStatus Append(bool hasTurn, out bool mayHaveMore)
    {
        var source = new SocketSource(_socket);
        AppendStatus status = _stream.Core.Append(
            _stream, ref source, FrameCodec.LongestPayload, hasTurn, out int written, out int offered, out Link? pump);
        pump?.Pump();
        if (source.Error != SocketError.Success)
        {
            throw new SocketException((int)source.Error);
        }

        mayHaveMore = status == AppendStatus.Written && (written == offered || _readiness.HasHungUp);
        return status;
    }

    /// <summary>Stream to socket: what <see cref="IStreamSink.Take"/> could not deliver, the end, and the reset.</summary>
    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync();
                while (_stream.TryPeek(out ReadOnlyMemory<byte> bytes))
                {
                    int sent = _socket.Send(bytes.Span, SocketFlags.None, out SocketError error);
                    if (error == SocketError.WouldBlock)
                    {
                        await _readiness.WaitWritableAsync();
                    }
                    else if (error == SocketError.Success)
                    {
                        _stream.Advance(sent);
                    }
                    else
                    {
                        throw new SocketException((int)error);
                    }
                }

                if (_stream.EndReason is not null)
                {
                    Reset();
                    return;
                }

                if (_sendError != SocketError.Success)
                {
                    throw new SocketException((int)_sendError);
                }

                if (_stream.HasReadToEnd)
                {
                    _socket.Shutdown(SocketShutdown.Send);
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Fail((exception as SocketException)?.SocketErrorCode ?? SocketError.OperationAborted);
            Reset();
        }
    }

    private void Fail(SocketError error) => _stream.Reset(new StreamEnd(
        error == SocketError.TimedOut ? StreamEndCode.TimedOut : StreamEndCode.Reset,
        $"The connection's own side ended it ({error})."));

    /// <summary>Linger of zero: closing sends RST. Ends the upward loop, too.</summary>
    private void Reset()
    {
        try
        {
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Closed or broken already: there is nobody left to reset.
        }

        Close();
    }

    private void Close()
    {
        _readiness.Dispose();
        _socket.Dispose();
    }

    /// <summary>Receives into the session's log. Called with the session's gate held, so it never waits and never throws.</summary>
    private struct SocketSource(Socket socket) : IPayloadSource
    {
        public SocketError Error { get; private set; }

        public int Fill(Span<byte> destination)
        {
            try
            {
                int received = socket.Receive(destination, SocketFlags.None, out SocketError error);
                if (error == SocketError.Success)
                {
                    return received;
                }

                Error = error == SocketError.WouldBlock ? SocketError.Success : error;
            }
            catch (ObjectDisposedException)
            {
                Error = SocketError.OperationAborted;
            }

            return -1;
        }
    }
}
