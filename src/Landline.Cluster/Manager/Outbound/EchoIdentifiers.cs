using System.Buffers.Binary;

namespace Landline.Cluster.Manager.Outbound;

/// <summary>
/// The kernel puts the socket's own identifier into the echo requests of an unprivileged process; this puts the asker's
/// back into the replies. One task notes while another restores.
/// <code>
/// u8 type | u8 code | u16 checksum | u16 identifier | u16 sequence number | data        (RFC 792, RFC 4443)
/// </code>
/// The checksum of a reply is that of the pod's side: the receiver makes it anew for its own addresses.
/// </summary>
internal sealed class EchoIdentifiers
{
    private const int HeaderBytes = 8;
    private const byte RequestV4 = 8;
    private const byte RequestV6 = 128;
    private const byte ReplyV4 = 0;
    private const byte ReplyV6 = 129;

    // By the low bits of the sequence number: enough for every request of the last 16 s at ping -i 0.001 and far more
    // than anybody has under way.
    private readonly ushort[] _bySequence = new ushort[16 * 1024];

    /// <summary>False = no echo request; it is not sent.</summary>
    public bool TryNote(ReadOnlySpan<byte> request)
    {
        if (request.Length < HeaderBytes || request[0] is not (RequestV4 or RequestV6))
        {
            return false;
        }

        Volatile.Write(ref Slot(request), BinaryPrimitives.ReadUInt16BigEndian(request[4..]));
        return true;
    }

    /// <summary>False = no echo reply; it is not passed on.</summary>
    public bool TryRestore(Span<byte> reply)
    {
        if (reply.Length < HeaderBytes || reply[0] is not (ReplyV4 or ReplyV6))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt16BigEndian(reply[4..], Volatile.Read(ref Slot(reply)));
        return true;
    }

    private ref ushort Slot(ReadOnlySpan<byte> message) =>
        ref _bySequence[BinaryPrimitives.ReadUInt16BigEndian(message[6..]) % _bySequence.Length];
}
