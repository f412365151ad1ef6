using System.Buffers.Binary;

namespace Landline.Cluster.Agent.Files;

/// <summary>
/// Builds one answer at a time in a buffer of its own, which <see cref="Packet"/> hands out until the next
/// answer begins. Not thread-safe: it belongs to one file session.
/// </summary>
internal sealed class SftpWriter
{
    private byte[] _buffer = new byte[4096];
    private int _length;

    /// <summary>The finished packet with its length field. Valid until the next answer begins.</summary>
    public ReadOnlyMemory<byte> Packet
    {
        get
        {
            BinaryPrimitives.WriteUInt32BigEndian(_buffer, (uint)(_length - sizeof(uint)));
            return _buffer.AsMemory(0, _length);
        }
    }

    public void Begin(SftpPacketType type, uint requestId)
    {
        Begin(type);
        WriteUInt32(requestId);
    }

    /// <summary>For VERSION, the one answer without a request id.</summary>
    public void Begin(SftpPacketType type)
    {
        _length = sizeof(uint);
        Take(1)[0] = (byte)type;
    }

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), value);

    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(sizeof(ulong)), value);

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteUInt32((uint)value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>Room for <paramref name="count"/> bytes of data; give back what was not used with <see cref="EndData"/>.</summary>
    public Span<byte> BeginData(int count)
    {
        Take(sizeof(uint));
        return Take(count);
    }

    /// <param name="reserved">What <see cref="BeginData"/> was asked for.</param>
    /// <param name="used">How many of these bytes are data.</param>
    public void EndData(int reserved, int used)
    {
        _length -= reserved - used;
        BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(_length - used - sizeof(uint)), (uint)used);
    }

    public void WriteAttributes(in SftpAttributes attributes)
    {
        WriteUInt32((uint)attributes.Flags);
        if (attributes.Flags.HasFlag(SftpAttributeFlags.Size))
        {
            WriteUInt64(attributes.Size);
        }

        if (attributes.Flags.HasFlag(SftpAttributeFlags.Owner))
        {
            WriteUInt32(attributes.UserId);
            WriteUInt32(attributes.GroupId);
        }

        if (attributes.Flags.HasFlag(SftpAttributeFlags.Permissions))
        {
            WriteUInt32(attributes.Mode);
        }

        if (attributes.Flags.HasFlag(SftpAttributeFlags.Times))
        {
            WriteUInt32(attributes.AccessedSeconds);
            WriteUInt32(attributes.ModifiedSeconds);
        }
    }

    private Span<byte> Take(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        }

        Span<byte> taken = _buffer.AsSpan(_length, count);
        _length += count;
        return taken;
    }
}
