using System.Buffers.Binary;

namespace Landline.Cluster.Manager.Dns;

/// <summary>
/// The few fields of a DNS message that a forwarder looks at (RFC 1035, 4.1):
/// <code>
/// u16 id | u16 flags: QR(15) Opcode(14-11) AA TC(9) RD RA Z AD CD RCODE(3-0) | u16 questions | u16 answers | u16 authority | u16 additional
/// </code>
/// </summary>
internal static class DnsMessage
{
    public const int HeaderBytes = 12;
    private const ushort ResponseFlag = 0x8000;
    private const ushort TruncatedFlag = 0x0200;
    private const ushort OpcodeAndRecursionDesired = 0x7900;
    private const ushort ServerFailure = 2;

    public static bool IsQuery(ReadOnlySpan<byte> message) => message.Length >= HeaderBytes && (Flags(message) & ResponseFlag) == 0;

    /// <summary>Whether this is the answer to that query: same id, same question (names may differ in case).</summary>
    public static bool IsAnswer(ReadOnlySpan<byte> message, ReadOnlySpan<byte> query)
    {
        if (message.Length < HeaderBytes || (Flags(message) & ResponseFlag) == 0 || !message[..2].SequenceEqual(query[..2]))
        {
            return false;
        }

        ReadOnlySpan<byte> asked = Question(query);
        ReadOnlySpan<byte> answered = Question(message);

        // Some servers leave the question out when they report a failure.
        return answered.IsEmpty || System.Text.Ascii.EqualsIgnoreCase(asked, answered) || asked.SequenceEqual(answered);
    }

    public static bool IsTruncated(ReadOnlySpan<byte> message) => (Flags(message) & TruncatedFlag) != 0;

    /// <summary>An answer that says "server failure", so that the asker need not wait for its own timeout.</summary>
    public static byte[] Failure(ReadOnlySpan<byte> query)
    {
        ReadOnlySpan<byte> question = Question(query);
        byte[] answer = new byte[HeaderBytes + question.Length];
        query[..2].CopyTo(answer);
        int flags = ResponseFlag | (Flags(query) & OpcodeAndRecursionDesired) | ServerFailure;
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(2), (ushort)flags);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(4), (ushort)(question.IsEmpty ? 0 : 1));
        question.CopyTo(answer.AsSpan(HeaderBytes));
        return answer;
    }

    private static ushort Flags(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[2..]);

    // The one question: labels up to the empty one, type and class. Empty when there is none or it is cut.
    private static ReadOnlySpan<byte> Question(ReadOnlySpan<byte> message)
    {
        if (BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1)
        {
            return default;
        }

        int position = HeaderBytes;
        while (position < message.Length && message[position] is > 0 and < 64)
        {
            position += 1 + message[position];
        }

        int end = position + 1 + 4;
        return end <= message.Length && message[position] == 0 ? message[HeaderBytes..end] : default;
    }
}
