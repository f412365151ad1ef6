using FsCheck;
using FsCheck.Fluent;
using Landline.Networking.Dns;

namespace Landline.Tests.Networking.Dns;

public sealed class DnsMessageProperties
{
    private static readonly Gen<string> AnyLabel =
        Gen.Elements("abcdefgh-_0123".ToCharArray()).NonEmptyListOf().Select(letters => new string([.. letters.Take(12)]));

    private static readonly Gen<string> AnyName =
        AnyLabel.ListOf().Select(labels => string.Join('.', labels.Take(6)));

    private static readonly Gen<DnsRecord> AnyRecord =
        from name in AnyName
        from target in AnyName
        from plain in ArbMap.Default.GeneratorFor<byte[]>()
        from type in Gen.Elements(
            DnsRecordType.A, DnsRecordType.NS, DnsRecordType.CNAME, DnsRecordType.PTR, DnsRecordType.TXT, (DnsRecordType)65)
        from timeToLive in ArbMap.Default.GeneratorFor<uint>()
        let isName = type is DnsRecordType.NS or DnsRecordType.CNAME or DnsRecordType.PTR
        select new DnsRecord(name, type, 1, timeToLive, isName ? Wire(target) : plain);

    private static readonly Gen<DnsMessage> AnyMessage =
        from id in ArbMap.Default.GeneratorFor<ushort>()
        from flags in ArbMap.Default.GeneratorFor<ushort>()
        from question in AnyName
        from answers in AnyRecord.ListOf()
        from additionals in AnyRecord.ListOf()
        select new DnsMessage
        {
            Id = id,
            Flags = flags,
            Questions = [new DnsQuestion(question, DnsRecordType.A)],
            Answers = [.. answers],
            Additionals = [.. additionals],
        };

    [Fact]
    public void Any_message_survives_writing_and_reading() => Prop.ForAll(
        AnyMessage.ToArbitrary(),
        message => DnsMessageTests.AssertSame(message, DnsMessage.Parse(message.ToArray()))).QuickCheckThrowOnFailure();

    /// <summary>Whatever a hostile peer sends, it is read or refused with the one exception, and so are queries.</summary>
    [Fact]
    public void Any_bytes_are_read_or_refused() => Prop.ForAll<byte[]>(Digest).QuickCheckThrowOnFailure();

    /// <summary>Random bytes rarely get past the header; damaged messages do.</summary>
    [Fact]
    public void Any_damaged_message_is_read_or_refused() => Prop.ForAll(
        AnyMessage.ToArbitrary(),
        Gen.Choose(0, 100_000).ListOf().ToArbitrary(),
        Gen.Choose(0, 255).NonEmptyListOf().ToArbitrary(),
        (message, places, values) =>
        {
            byte[] bytes = message.ToArray();
            for (int i = 0; i < places.Count; i++)
            {
                bytes[places[i] % bytes.Length] = (byte)values[i % values.Count];
            }

            Digest(bytes);
        }).QuickCheckThrowOnFailure();

    private static void Digest(byte[] bytes)
    {
        try
        {
            DnsMessage.Parse(DnsMessage.Parse(bytes).ToArray());
        }
        catch (DnsFormatException)
        {
            // The one allowed way to say no.
        }

        if (DnsQuery.TryParse(bytes, out DnsQuery? query))
        {
            DnsMessage.Parse(query.Answer(DnsResponseCode.NameError));
            DnsMessage.Parse(query.Truncated(bytes));
        }
    }

    private static byte[] Wire(string name) => name.Length == 0 ? [0] : DnsMessageTests.Wire(name);
}
