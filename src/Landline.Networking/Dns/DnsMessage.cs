using System.Buffers.Binary;

namespace Landline.Networking.Dns;

/// <summary>
/// A whole DNS message, taken apart. Meant for messages whose names change; those that only pass through keep their
/// bytes and get a new id (<see cref="SetId"/>).
/// </summary>
public sealed record DnsMessage
{
    /// <summary>The largest message: the length before it on TCP has 16 bits.</summary>
    public const int LargestBytes = 65535;

    /// <summary>What may be sent over UDP to an asker that does not say otherwise (RFC 1035, 2.3.4).</summary>
    public const int PlainUdpBytes = 512;

    public ushort Id { get; init; }

    /// <summary>The header's flags and response code; see <see cref="DnsHeader"/>.</summary>
    public ushort Flags { get; init; }

    public IReadOnlyList<DnsQuestion> Questions { get; init; } = [];

    public IReadOnlyList<DnsRecord> Answers { get; init; } = [];

    public IReadOnlyList<DnsRecord> Authorities { get; init; } = [];

    public IReadOnlyList<DnsRecord> Additionals { get; init; } = [];

    public DnsResponseCode Code => (DnsResponseCode)(Flags & DnsHeader.CodeMask);

    public bool IsResponse => (Flags & DnsHeader.ResponseFlag) != 0;

    /// <exception cref="DnsFormatException">Not a DNS message. Bytes after the last record are passed over.</exception>
    public static DnsMessage Parse(ReadOnlySpan<byte> message)
    {
        var reader = new DnsReader(message);
        DnsHeader header = reader.Header();
        var questions = new DnsQuestion[header.Questions];
        for (int i = 0; i < questions.Length; i++)
        {
            questions[i] = reader.Question();
        }

        return new DnsMessage
        {
            Id = header.Id,
            Flags = header.Flags,
            Questions = questions,
            Answers = Records(ref reader, header.Answers),
            Authorities = Records(ref reader, header.Authorities),
            Additionals = Records(ref reader, header.Additionals),
        };
    }

    public byte[] ToArray()
    {
        var writer = new DnsWriter(compress: true);
        writer.Header(new DnsHeader(
            Id,
            Flags,
            checked((ushort)Questions.Count),
            checked((ushort)Answers.Count),
            checked((ushort)Authorities.Count),
            checked((ushort)Additionals.Count)));
        foreach (DnsQuestion question in Questions)
        {
            writer.Question(question);
        }

        foreach (DnsRecord record in Answers.Concat(Authorities).Concat(Additionals))
        {
            writer.Record(record);
        }

        return writer.ToArray();
    }

    /// <summary>Overwrites the id of a message of at least two bytes.</summary>
    public static void SetId(Span<byte> message, ushort id) => BinaryPrimitives.WriteUInt16BigEndian(message, id);

    private static DnsRecord[] Records(ref DnsReader reader, int count)
    {
        var records = new DnsRecord[count];
        for (int i = 0; i < records.Length; i++)
        {
            records[i] = reader.Record();
        }

        return records;
    }
}
