using Landline.Networking.Packets;
using Landline.Protocol.Streams;

namespace Landline.Daemon.PacketEngine;

/// <summary>
/// One asker and one target, and the stream between them. Its identity tells it from a later one with the same key. The
/// event loop sends; the task that awaits the stream's opening opens it.
/// </summary>
/// <param name="now">Timestamp.</param>
internal sealed class DatagramFlow(FlowKey key, SessionStream stream, PacketAddress router, long now)
{
    /// <summary>
    /// What may wait for the far side's answer: a few questions, or one large datagram. More is dropped, as by a host that
    /// still looks for its neighbour's hardware address.
    /// </summary>
    public const int MostWaitingBytes = 64 * 1024;

    private readonly Lock _lock = new();
    private Queue<byte[]>? _waiting = new();
    private int _waitingBytes;
    private long _lastUsed = now;

    public FlowKey Key { get; } = key;

    public SessionStream Stream { get; } = stream;

    /// <summary>Who reports that the target cannot be reached.</summary>
    public PacketAddress Router { get; } = router;

    /// <summary>Timestamp of the last datagram either way.</summary>
    public long LastUsed
    {
        get => Volatile.Read(ref _lastUsed);
        set => Volatile.Write(ref _lastUsed, value);
    }

    /// <summary>False = dropped.</summary>
    public bool TrySend(ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            if (_waiting is not null)
            {
                return TryKeepLocked(message);
            }
        }

        return Stream.TrySendDatagram(message);
    }

    /// <summary>The far side has accepted: sends what waits, in order, and lets later datagrams pass.</summary>
    public void SendWaiting()
    {
        while (true)
        {
            byte[]? next;
            lock (_lock)
            {
                if (_waiting is null || !_waiting.TryDequeue(out next))
                {
                    _waiting = null;
                    return;
                }
            }

            Stream.TrySendDatagram(next);
        }
    }

    private bool TryKeepLocked(ReadOnlySpan<byte> message)
    {
        if (_waitingBytes > 0 && _waitingBytes + message.Length > MostWaitingBytes)
        {
            return false;
        }

        // One more byte each, so that empty ones do not wait in any number.
        _waitingBytes += message.Length + 1;
        _waiting!.Enqueue(message.ToArray());
        return true;
    }
}
