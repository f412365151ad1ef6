using System.Diagnostics.CodeAnalysis;

namespace Landline.Networking.Dns;

/// <summary>
/// What a forwarder must know of a query: its one question, where that ends, and how large an answer over UDP may be.
/// Makes the answers that need no resolver. The bytes stay the caller's.
/// </summary>
public sealed record DnsQuery
{
    private DnsQuery(ReadOnlyMemory<byte> message, DnsHeader header, DnsQuestion question, int questionEnd, int? ednsBytes) =>
        (Message, Header, Question, _questionEnd, _ednsBytes) = (message, header, question, questionEnd, ednsBytes);

    private readonly int _questionEnd;
    private readonly int? _ednsBytes;

    public ReadOnlyMemory<byte> Message { get; }

    public DnsHeader Header { get; }

    /// <summary>With the name in lower case.</summary>
    public DnsQuestion Question { get; }

    /// <summary>At least 512 bytes; what the OPT record says where there is one (RFC 6891, 6.2.3).</summary>
    public int LargestUdpAnswer => Math.Max(DnsMessage.PlainUdpBytes, _ednsBytes ?? 0);

    /// <returns>False for anything but a standard query with one question.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> message, [NotNullWhen(true)] out DnsQuery? query)
    {
        query = null;
        try
        {
            var reader = new DnsReader(message.Span);
            DnsHeader header = reader.Header();
            if (header.IsResponse || header.Opcode != 0 || header.Questions != 1)
            {
                return false;
            }

            DnsQuestion question = reader.Question();
            int questionEnd = reader.Offset;
            int? ednsBytes = null;
            for (int i = header.Answers + header.Authorities + header.Additionals; i > 0; i--)
            {
                DnsRecord record = reader.Record();
                ednsBytes = record.Type == DnsRecordType.OPT ? record.Class : ednsBytes;
            }

            query = new DnsQuery(message, header, question, questionEnd, ednsBytes);
            return true;
        }
        catch (DnsFormatException)
        {
            return false;
        }
    }

    /// <summary>An answer without records: a failure, or NOERROR for a name without records of this type.</summary>
    public byte[] Answer(DnsResponseCode code) => Bare((ushort)((ushort)code | DnsHeader.RecursionAvailableFlag));

    /// <summary>An answer that makes the asker come again over TCP, with the response code of the real one.</summary>
    public byte[] Truncated(ReadOnlySpan<byte> answer)
    {
        DnsHeader.TryRead(answer, out DnsHeader header);
        return Bare((ushort)(DnsHeader.TruncatedFlag | (header.Flags & ~DnsHeader.OpcodeMask)));
    }

    /// <summary>The same query for another name, with everything else kept, the OPT record above all.</summary>
    /// <exception cref="DnsFormatException">The records after the question are malformed.</exception>
    public byte[] Rename(string name)
    {
        DnsMessage message = DnsMessage.Parse(Message.Span);
        return (message with { Questions = [Question with { Name = name }] }).ToArray();
    }

    /// <summary>
    /// The answer to a renamed query, under the name that was asked: its question again, and before the records a
    /// CNAME from it to the name that they are about. The name keeps its upper case, which some askers compare.
    /// </summary>
    /// <exception cref="DnsFormatException">The answer is malformed.</exception>
    public byte[] Restore(ReadOnlySpan<byte> answer)
    {
        DnsMessage message = DnsMessage.Parse(answer);
        int offset = DnsHeader.Bytes;
        string asked = DnsName.Read(Message.Span, ref offset, foldCase: false);
        IReadOnlyList<DnsRecord> answers = message.Answers;
        if (answers.Count > 0 && message.Questions.Count > 0)
        {
            var target = new DnsWriter(compress: false);
            target.Name(message.Questions[0].Name);
            uint timeToLive = answers.Min(record => record.TimeToLive);
            answers =
            [
                new DnsRecord(asked, DnsRecordType.CNAME, Question.Class, timeToLive, target.ToArray()),
                .. answers,
            ];
        }

        return (message with { Id = Header.Id, Questions = [Question with { Name = asked }], Answers = answers }).ToArray();
    }

    /// <summary>An answer with its records kept for no longer than some seconds, and the question in the asker's spelling.</summary>
    /// <exception cref="DnsFormatException">The answer is malformed.</exception>
    public byte[] Shorten(ReadOnlySpan<byte> answer, uint longestSeconds)
    {
        DnsMessage message = DnsMessage.Parse(answer);
        int offset = DnsHeader.Bytes;
        string asked = DnsName.Read(Message.Span, ref offset, foldCase: false);
        return (message with
        {
            Questions = [Question with { Name = asked }],
            Answers = [.. message.Answers.Select(record => record with { TimeToLive = Math.Min(record.TimeToLive, longestSeconds) })],
        }).ToArray();
    }

    // The question is copied as it came, so that askers that mix upper and lower case find theirs again.
    private byte[] Bare(ushort flags)
    {
        // RFC 6891, 6.1.1: who asks with OPT is answered with OPT. 11 bytes: root, type, 4096, TTL 0, no data.
        ReadOnlySpan<byte> opt = _ednsBytes is null ? [] : [0, 0, (byte)DnsRecordType.OPT, 0x10, 0, 0, 0, 0, 0, 0, 0];
        byte[] answer = new byte[_questionEnd + opt.Length];
        Message.Span[.._questionEnd].CopyTo(answer);
        opt.CopyTo(answer.AsSpan(_questionEnd));
        ushort kept = (ushort)(Header.Flags & DnsHeader.RecursionDesiredFlag);
        new DnsHeader(Header.Id, (ushort)(DnsHeader.ResponseFlag | kept | flags), 1, 0, 0, (ushort)(opt.Length > 0 ? 1 : 0))
            .Write(answer);
        return answer;
    }
}
