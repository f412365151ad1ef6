using System.Buffers;
using System.Buffers.Binary;

namespace Landline.Networking.Dns;

/// <summary>Writes one message. With compression, names point to the longest suffix that was written before.</summary>
internal sealed class DnsWriter(bool compress)
{
    // The two bits of a pointer leave 14 for the offset.
    private const int FurthestPointer = 0x3FFF;

    private readonly ArrayBufferWriter<byte> _output = new(512);
    private readonly Dictionary<string, int> _suffixes = [];

    public int Length => _output.WrittenCount;

    public void Header(DnsHeader header)
    {
        header.Write(_output.GetSpan(DnsHeader.Bytes));
        _output.Advance(DnsHeader.Bytes);
    }

    public void Question(DnsQuestion question)
    {
        Name(question.Name);
        UInt16((ushort)question.Type);
        UInt16(question.Class);
    }

    public void Record(DnsRecord record)
    {
        Name(record.Name);
        UInt16((ushort)record.Type);
        UInt16(record.Class);
        UInt16((ushort)(record.TimeToLive >> 16));
        UInt16((ushort)record.TimeToLive);
        UInt16(checked((ushort)record.Data.Length));
        Bytes(record.Data.Span);
    }

    /// <exception cref="FormatException">Not a domain name.</exception>
    public void Name(string name)
    {
        List<byte[]> labels = DnsName.Labels(name);
        string rest = name;
        foreach (byte[] label in labels)
        {
            if (compress && _suffixes.TryGetValue(rest, out int offset))
            {
                UInt16((ushort)(0xC000 | offset));
                return;
            }

            if (Length <= FurthestPointer)
            {
                _suffixes.TryAdd(rest, Length);
            }

            _output.Write([(byte)label.Length]);
            _output.Write(label);
            int dot = rest.IndexOf('.', StringComparison.Ordinal);
            rest = dot < 0 ? string.Empty : rest[(dot + 1)..];
        }

        _output.Write([(byte)0]);
    }

    public void Bytes(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    public byte[] ToArray() => _output.WrittenSpan.ToArray();

    private void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_output.GetSpan(sizeof(ushort)), value);
        _output.Advance(sizeof(ushort));
    }
}
