using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Landline.Protocol.Loops;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Links;

/// <summary>
/// A TCP connection that is a link, on an event loop. Owns the socket. One reads and one writes at a time; both go on in
/// the loop's thread once <see cref="RunsInline"/> is set, and before that, in handshakes, on the thread pool.
/// </summary>
internal sealed class SocketLink : AsynchronousStream
{
    // Then the loop's other descriptors come first. Twice what one read gives a link.
    private const int BytesPerRound = 512 * 1024;

    private readonly Socket _socket;
    private readonly Readiness _readiness;
    private readonly UnsentLimit _unsent;
    private bool _isDrained;
    private int _readInRound;

    /// <param name="connected">Non-blocking from now on.</param>
    public SocketLink(Socket connected, EventLoop loop, TimeProvider time)
    {
        _socket = connected;
        _unsent = new UnsentLimit(connected, time);
        connected.Blocking = false;
        RemoteAddress = RemoteAddressOf(connected);
        Loop = loop;
        _readiness = loop.Watch(connected.SafeHandle);
    }

    public EventLoop Loop { get; }

    /// <summary>Null when it was gone before anybody looked.</summary>
    public IPAddress? RemoteAddress { get; }

    /// <summary>Set by whoever runs a session over it: from then on nothing that waits for this link ever blocks.</summary>
    public bool RunsInline { get; set; }

    /// <summary>The socket that a link's stream, with or without TLS, ends in; null when it is something else.</summary>
    public static SocketLink? Under(Stream link) => link switch
    {
        LinkTls tls => Under(tls.Link),
        TunneledLink tunneled => tunneled.Socket,
        _ => link as SocketLink,
    };

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        return _readInRound < BytesPerRound && TryReceive(buffer.Span, out int received)
            ? ValueTask.FromResult(received)
            : ReadLaterAsync(buffer, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int sent = Send(buffer.Span);
        return sent == buffer.Length ? ValueTask.CompletedTask : WriteLaterAsync(buffer[sent..], cancellationToken);
    }

    private static IPAddress? RemoteAddressOf(Socket connected)
    {
        try
        {
            return (connected.RemoteEndPoint as IPEndPoint)?.Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _readiness.Dispose();
            _socket.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadLaterAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await using CancellationTokenRegistration registration = InterruptOn(cancellationToken);
        int received;
        do
        {
            await (_readInRound < BytesPerRound ? _readiness.WaitReadableAsync() : _readiness.NextRoundAsync());
            await LeaveLoopAsync(cancellationToken);
            _isDrained = false;
            _readInRound = 0;
        }
        while (!TryReceive(buffer.Span, out received));

        return received;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteLaterAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await using CancellationTokenRegistration registration = InterruptOn(cancellationToken);
        do
        {
            await _readiness.WaitWritableAsync();
            await LeaveLoopAsync(cancellationToken);
            buffer = buffer[Send(buffer.Span)..];
        }
        while (!buffer.IsEmpty);
    }

    /// <summary>False = nothing is there yet.</summary>
    private bool TryReceive(Span<byte> buffer, out int received)
    {
        received = 0;
        if (_isDrained && !_readiness.HasHungUp)
        {
            return false;
        }

        SocketError error;
        if (buffer.IsEmpty)
        {
            // TLS asks for nothing at first, to be told when there is something.
            Span<byte> next = stackalloc byte[1];
            _ = _socket.Receive(next, SocketFlags.Peek, out error);
        }
        else
        {
            received = _socket.Receive(buffer, SocketFlags.None, out error);
            _isDrained = received < buffer.Length;
            _readInRound += received;
        }

        return error == SocketError.Success || (error == SocketError.WouldBlock ? false : throw new SocketException((int)error));
    }

    private int Send(ReadOnlySpan<byte> buffer)
    {
        int sent = _socket.Send(buffer, SocketFlags.None, out SocketError error);
        if (error == SocketError.Success)
        {
            _unsent.Sent(sent);
            return sent;
        }

        return error == SocketError.WouldBlock ? 0 : throw new SocketException((int)error);
    }

    private CancellationTokenRegistration InterruptOn(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static readiness => ((Readiness)readiness!).Interrupt(), _readiness);

    private async ValueTask LeaveLoopAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!RunsInline)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
