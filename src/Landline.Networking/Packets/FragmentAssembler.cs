namespace Landline.Networking.Packets;

/// <summary>
/// Puts datagrams together that a sender cut to fit its MTU. Bounded: a few datagrams at a time, the oldest is given up
/// for a new one, and each for <see cref="Patience"/>. Used by one thread.
/// </summary>
public sealed class FragmentAssembler(TimeProvider timeProvider)
{
    /// <summary>RFC 8200 4.5 gives a minute to the network; here sender and assembler are the same machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Sixteen datagrams of 64 KiB: 1 MiB at most.</summary>
    public const int MostDatagrams = 16;

    private readonly Dictionary<Key, Pieces> _datagrams = [];

    /// <summary>
    /// Returns the whole packet, with a plain IP header, once its last missing piece is there; null until then. What
    /// cannot be assembled is forgotten.
    /// </summary>
    public byte[]? Add(in IpPacket fragment)
    {
        FragmentInfo info = fragment.FragmentInfo;
        var key = new Key(fragment.Source, fragment.Destination, fragment.Protocol, info.Identification);
        if (!_datagrams.TryGetValue(key, out Pieces? pieces))
        {
            MakeRoom();
            pieces = new Pieces(timeProvider.GetTimestamp());
            _datagrams.Add(key, pieces);
        }

        int longest = IpHeader.LongestPayload(fragment.IsV6);
        if (!pieces.TryAdd(info, fragment.Payload, longest))
        {
            _datagrams.Remove(key);
            return null;
        }

        if (!pieces.IsComplete)
        {
            return null;
        }

        _datagrams.Remove(key);
        int headerBytes = IpHeader.Bytes(fragment.IsV6);
        byte[] packet = new byte[headerBytes + pieces.Payload.Length];
        pieces.Payload.CopyTo(packet.AsSpan(headerBytes));
        IpHeader.Write(packet, fragment.Source, fragment.Destination, fragment.Protocol);
        return packet;
    }

    private void MakeRoom()
    {
        foreach ((Key key, Pieces pieces) in _datagrams)
        {
            if (timeProvider.GetElapsedTime(pieces.Since) > Patience)
            {
                _datagrams.Remove(key);
            }
        }

        if (_datagrams.Count >= MostDatagrams)
        {
            _datagrams.Remove(_datagrams.MinBy(static datagram => datagram.Value.Since).Key);
        }
    }

    private readonly record struct Key(PacketAddress Source, PacketAddress Destination, byte Protocol, uint Identification);

    /// <summary>The pieces of one datagram. They come in any order; two that overlap spoil it (RFC 5722).</summary>
    private sealed class Pieces(long since)
    {
        // 64 KiB in pieces of the smallest IPv6 MTU are 54; more is nobody's honest traffic.
        private const int MostPieces = 128;

        private readonly List<(int Start, int End)> _ranges = [];
        private byte[] _payload = [];
        private int _received;
        private int _total = -1;

        public long Since { get; } = since;

        public bool IsComplete => _received == _total;

        public ReadOnlySpan<byte> Payload => _payload.AsSpan(0, _total);

        public bool TryAdd(FragmentInfo info, ReadOnlySpan<byte> bytes, int longest)
        {
            int start = info.Offset;
            int end = start + bytes.Length;
            bool fits = end <= longest
                && _ranges.Count < MostPieces
                && !bytes.IsEmpty
                && (!info.MoreFollow || bytes.Length % 8 == 0)
                && (_total < 0 || (info.MoreFollow && end <= _total))
                && !_ranges.Exists(range => start < range.End && range.Start < end);
            if (!fits || (!info.MoreFollow && _ranges.Exists(range => range.End > end)))
            {
                return false;
            }

            if (_payload.Length < end)
            {
                Array.Resize(ref _payload, Math.Min(longest, Math.Max(end, _payload.Length * 2)));
            }

            bytes.CopyTo(_payload.AsSpan(start));
            _ranges.Add((start, end));
            _received += bytes.Length;
            if (!info.MoreFollow)
            {
                _total = end;
            }

            return true;
        }
    }
}
