using System.Buffers.Binary;

namespace Landline.Networking.Dns;

/// <summary>Reads one message from front to back. All reads are checked; the first wrong one throws.</summary>
internal ref struct DnsReader(ReadOnlySpan<byte> message)
{
    // owner name (at least 1) + type 2 + class 2 + TTL 4 + length 2
    private const int LeastRecordBytes = 11;
    private const int LeastQuestionBytes = 5;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _offset;

    public int Offset => _offset;

    public DnsHeader Header()
    {
        if (!DnsHeader.TryRead(_message, out DnsHeader header))
        {
            throw new DnsFormatException("A message is shorter than its header.");
        }

        // Checked before anything is allocated, so that counts in a small packet cannot cost memory.
        int records = header.Answers + header.Authorities + header.Additionals;
        if ((header.Questions * LeastQuestionBytes) + (records * LeastRecordBytes) > _message.Length - DnsHeader.Bytes)
        {
            throw new DnsFormatException("A message announces more records than it has room for.");
        }

        _offset = DnsHeader.Bytes;
        return header;
    }

    public DnsQuestion Question() => new(Name(), (DnsRecordType)UInt16(), UInt16());

    public DnsRecord Record()
    {
        string name = Name();
        var type = (DnsRecordType)UInt16();
        ushort @class = UInt16();
        uint timeToLive = ((uint)UInt16() << 16) | UInt16();
        int length = UInt16();
        int end = _offset + length;
        if (end > _message.Length)
        {
            throw new DnsFormatException("A record is truncated.");
        }

        byte[] data = Data(type, end);
        _offset = end;
        return new DnsRecord(name, type, @class, timeToLive, data);
    }

    // Only types of RFC 1035 may have compressed names inside (RFC 3597), and SRV and DNAME sometimes do.
    private byte[] Data(DnsRecordType type, int end)
    {
        (int before, int names) = type switch
        {
            DnsRecordType.NS or DnsRecordType.CNAME or DnsRecordType.PTR or DnsRecordType.DNAME => (0, 1),
            DnsRecordType.SOA => (0, 2),
            DnsRecordType.MX => (2, 1),
            DnsRecordType.SRV => (6, 1),
            _ => (0, 0),
        };
        if (names == 0)
        {
            return _message[_offset..end].ToArray();
        }

        var data = new DnsWriter(compress: false);
        data.Bytes(Take(before, end));
        for (int i = 0; i < names; i++)
        {
            data.Name(DnsName.Read(_message[..end], ref _offset, foldCase: false));
        }

        data.Bytes(Take(end - _offset, end));
        return data.ToArray();
    }

    private ReadOnlySpan<byte> Take(int count, int end)
    {
        if (count < 0 || _offset + count > end)
        {
            throw new DnsFormatException("A record's data is truncated.");
        }

        ReadOnlySpan<byte> taken = _message.Slice(_offset, count);
        _offset += count;
        return taken;
    }

    private string Name() => DnsName.Read(_message, ref _offset, foldCase: true);

    private ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort), _message.Length));
}
