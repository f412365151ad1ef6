using System.Buffers.Binary;

namespace Landline.Cluster.Agent.Files;

/// <summary>
/// Takes the fields of one packet off its front. Every length is checked against what is left, so that no packet can
/// make the agent read or allocate beyond it.
/// </summary>
/// <param name="packet">The packet without its length field.</param>
internal ref struct SftpReader(ReadOnlySpan<byte> packet)
{
    private ReadOnlySpan<byte> _rest = packet;

    public byte ReadByte() => Take(1)[0];

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(sizeof(ulong)));

    /// <summary>A string of SFTP: four bytes of length, then bytes of no particular encoding.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        uint length = ReadUInt32();
        if (length > _rest.Length)
        {
            throw new SftpProtocolException($"A field of {length} bytes does not fit into the {_rest.Length} that are left.");
        }

        return Take((int)length);
    }

    /// <summary>A path: not longer than the kernel takes and without a NUL byte, which would cut it short.</summary>
    public byte[] ReadPath()
    {
        ReadOnlySpan<byte> path = ReadBytes();
        if (path.Length >= SftpLimits.LongestPathBytes || path.Contains((byte)0))
        {
            throw new SftpProtocolException("A path is too long or holds a NUL byte.");
        }

        return path.ToArray();
    }

    public SftpAttributes ReadAttributes()
    {
        var flags = (SftpAttributeFlags)ReadUInt32();
        var attributes = new SftpAttributes { Flags = flags };
        if (flags.HasFlag(SftpAttributeFlags.Size))
        {
            attributes.Size = ReadUInt64();
        }

        if (flags.HasFlag(SftpAttributeFlags.Owner))
        {
            attributes.UserId = ReadUInt32();
            attributes.GroupId = ReadUInt32();
        }

        if (flags.HasFlag(SftpAttributeFlags.Permissions))
        {
            attributes.Mode = ReadUInt32();
        }

        if (flags.HasFlag(SftpAttributeFlags.Times))
        {
            attributes.AccessedSeconds = ReadUInt32();
            attributes.ModifiedSeconds = ReadUInt32();
        }

        if (flags.HasFlag(SftpAttributeFlags.Extended))
        {
            // Skipped, as the draft asks of a side that does not know them. Each pair takes eight bytes at least,
            // so a false count runs out of bytes and throws.
            for (uint pairs = ReadUInt32(); pairs > 0; pairs--)
            {
                ReadBytes();
                ReadBytes();
            }
        }

        return attributes;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new SftpProtocolException($"The packet ends {count - _rest.Length} bytes too early.");
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
