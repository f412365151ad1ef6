using Landline.Networking.Dns;

namespace Landline.Daemon.Dns;

/// <summary>
/// What another resolver says of a name that may be the cluster's, while the cluster cannot be asked: only records say
/// that the name exists there, and they are kept for no longer than until the cluster may have been heard of again.
/// </summary>
internal static class AnswerElsewhere
{
    private const uint LongestSeconds = 1;

    /// <summary>Whoever asked comes again over TCP.</summary>
    public static bool IsTruncated(ReadOnlySpan<byte> answer) => DnsHeader.TryRead(answer, out DnsHeader header) && header.IsTruncated;

    /// <summary>The name exists, without records of the type that was asked for; or somebody says so of every name.</summary>
    public static bool HasNoRecords(ReadOnlySpan<byte> answer) =>
        DnsHeader.TryRead(answer, out DnsHeader header) && header is { Code: DnsResponseCode.NoError, Answers: 0 };

    /// <summary>The answer with its records' lifetimes cut; null: it has none, or is a failure or nonsense.</summary>
    public static byte[]? Shorten(DnsQuery query, ReadOnlySpan<byte> answer)
    {
        try
        {
            return DnsHeader.TryRead(answer, out DnsHeader header) && header is { Code: DnsResponseCode.NoError, Answers: > 0 }
                ? query.Shorten(answer, LongestSeconds)
                : null;
        }
        catch (DnsFormatException)
        {
            return null;
        }
    }

    /// <summary>The same question for the addresses of the other IP version; null: it is not about addresses.</summary>
    public static byte[]? OtherAddressType(DnsQuery query)
    {
        DnsRecordType? other = query.Question.Type switch
        {
            DnsRecordType.A => DnsRecordType.AAAA,
            DnsRecordType.AAAA => DnsRecordType.A,
            _ => null,
        };
        return other is { } type
            ? (DnsMessage.Parse(query.Message.Span) with { Questions = [query.Question with { Type = type }] }).ToArray()
            : null;
    }
}
