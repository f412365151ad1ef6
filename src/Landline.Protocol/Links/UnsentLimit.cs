using System.Net.Sockets;

namespace Landline.Protocol.Links;

/// <summary>
/// How much may wait in the kernel for a link to take it (TCP_NOTSENT_LOWAT, tcp(7)). What waits there cannot be overtaken by a small
/// message of another stream, so it is little: a send's worth, while the next is being prepared. The kernel tells when half of it is gone. A link that
/// takes that in 2 ms runs dry when a busy machine lets us wait for so long: it gets more, at most 16 ms' worth.
/// </summary>
internal sealed class UnsentLimit
{
    public const int Usual = 256 * 1024;
    public const int OfFastLinks = 1024 * 1024;

    private const int IpprotoTcp = 6;
    private const int TcpNotsentLowat = 25;

    // Often enough to notice a link that has become slow before much waits, and seldom enough to cost nothing.
    private const int BytesPerLook = 4 * 1024 * 1024;

    private const double FastBytesPerSecond = 64e6;

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private int _limit;
    private long _lookedAt;
    private long _sent;

    public UnsentLimit(Socket socket, TimeProvider time)
    {
        (_socket, _time) = (socket, time);
        _lookedAt = time.GetTimestamp();
        Set(Usual);
    }

    public int Bytes => _limit;

    /// <summary>To be called with what each send took. One thread at a time.</summary>
    public void Sent(int count)
    {
        _sent += count;
        if (_sent < BytesPerLook)
        {
            return;
        }

        long now = _time.GetTimestamp();
        bool isFast = _sent >= FastBytesPerSecond * _time.GetElapsedTime(_lookedAt, now).TotalSeconds;
        (_sent, _lookedAt) = (0, now);
        Set(isFast ? OfFastLinks : Usual);
    }

    private void Set(int limit)
    {
        if (limit != _limit)
        {
            Span<byte> value = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(value, limit);
            _socket.SetRawSocketOption(IpprotoTcp, TcpNotsentLowat, value);
            _limit = limit;
        }
    }
}
