using System.Text;
using Landline.Networking.Dns;

namespace Landline.Tests.Networking.Dns;

public sealed class DnsMessageTests
{
    [Fact]
    public void The_bytes_are_those_of_RFC_1035()
    {
        var message = new DnsMessage
        {
            Id = 0x1234,
            Flags = 0x8180,
            Questions = [new DnsQuestion("a.bc", DnsRecordType.A)],
            Answers = [new DnsRecord("a.bc", DnsRecordType.A, 1, 0x01020304, new byte[] { 10, 0, 0, 1 })],
            Authorities = [new DnsRecord("x.bc", DnsRecordType.TXT, 1, 5, new byte[] { 1, 0x7A })],
        };

        Assert.Equal(
            "12348180" + "0001000100010000"
            + "0161026263" + "00" + "00010001"
            + "C00C" + "00010001" + "01020304" + "0004" + "0A000001"
            + "0178" + "C00E" + "00100001" + "00000005" + "0002" + "017A",
            Convert.ToHexString(message.ToArray()));
    }

    [Fact]
    public void A_message_survives_writing_and_reading()
    {
        var message = new DnsMessage
        {
            Id = 7,
            Flags = 0x8183,
            Questions = [new DnsQuestion("_http._tcp.web.default.svc.cluster.local", DnsRecordType.SRV)],
            Answers =
            [
                new DnsRecord("web.default.svc.cluster.local", DnsRecordType.SRV, 1, 30, Concat([0, 1, 0, 2, 0, 80], Wire("Pod-0.web"))),
                new DnsRecord("web.default.svc.cluster.local", DnsRecordType.CNAME, 1, 30, Wire("db.Example.COM")),
                new DnsRecord("example.com", DnsRecordType.MX, 1, 30, Concat([0, 10], Wire("mail.example.com"))),
            ],
            Authorities =
            [
                new DnsRecord("cluster.local", DnsRecordType.SOA, 1, 5, Concat(Wire("ns.cluster.local"), Wire("hm.cluster.local"), new byte[20])),
            ],
            Additionals = [new DnsRecord(string.Empty, DnsRecordType.OPT, 1232, 0, Array.Empty<byte>())],
        };

        AssertSame(message, DnsMessage.Parse(message.ToArray()));
    }

    [Fact]
    public void Compressed_names_inside_records_are_written_in_full()
    {
        // The answer's CNAME is "b" followed by a pointer to the question's "cd".
        byte[] message = Convert.FromHexString(
            "000180000001000100000000" + "0161026364" + "00" + "00050001" + "C00C" + "00050001" + "0000001E" + "0004" + "0162C00E");

        DnsRecord record = Assert.Single(DnsMessage.Parse(message).Answers);

        Assert.Equal("a.cd", record.Name);
        Assert.Equal(Wire("b.cd"), record.Data.ToArray());
    }

    [Theory]
    [InlineData("C00C")] // points to itself
    [InlineData("C00E0000C00C")] // points forward
    [InlineData("0161C00C")] // a label, then back to that label
    [InlineData("C0")] // half a pointer
    [InlineData("0561")] // a label longer than what is there
    [InlineData("4061")] // a label type that does not exist
    public void A_name_that_cannot_end_is_refused(string name)
    {
        byte[] message = Convert.FromHexString("000100000001000000000000" + name);

        Assert.Throws<DnsFormatException>(() => DnsMessage.Parse(message));
    }

    [Fact]
    public void A_name_of_more_than_255_bytes_is_refused()
    {
        string label = "3F" + string.Concat(Enumerable.Repeat("61", 63));
        byte[] message = Convert.FromHexString(
            "000100000001000000000000" + label + label + label + label + "00" + "00010001");

        Assert.Throws<DnsFormatException>(() => DnsMessage.Parse(message));
    }

    [Fact]
    public void A_message_that_announces_more_records_than_it_holds_is_refused_before_anything_is_allocated()
    {
        byte[] message = Convert.FromHexString("00010000" + "0000FFFFFFFFFFFF" + new string('0', 64));

        Assert.Throws<DnsFormatException>(() => DnsMessage.Parse(message));
    }

    [Fact]
    public void Every_shortened_message_is_refused()
    {
        byte[] whole = new DnsMessage
        {
            Questions = [new DnsQuestion("name.example", DnsRecordType.MX)],
            Answers = [new DnsRecord("name.example", DnsRecordType.MX, 1, 1, Concat([0, 1], Wire("mail.example")))],
        }.ToArray();

        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<DnsFormatException>(() => DnsMessage.Parse(whole.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Labels_with_dots_spaces_and_binary_stay_what_they_are()
    {
        byte[] message = Convert.FromHexString("000100000001000000000000" + "03612E62" + "0320FF5C" + "00" + "00010001");

        DnsMessage parsed = DnsMessage.Parse(message);

        Assert.Equal("a\\046b.\\032\\255\\092", parsed.Questions[0].Name);
        Assert.Equal(message, parsed.ToArray());
    }

    internal static byte[] Wire(string name)
    {
        byte[] labels = [.. name.Split('.').SelectMany(label => Concat([(byte)label.Length], Encoding.ASCII.GetBytes(label)))];
        return [.. labels, 0];
    }

    internal static void AssertSame(DnsMessage expected, DnsMessage actual) => Assert.Equal(Text(expected), Text(actual));

    private static string Text(DnsMessage message) =>
        $"{message.Id} {message.Flags:x} {string.Join(';', message.Questions)} {Text(message.Answers)} "
        + $"{Text(message.Authorities)} {Text(message.Additionals)}";

    private static string Text(IEnumerable<DnsRecord> records) => string.Join(
        ';',
        records.Select(r => $"{r.Name} {r.Type} {r.Class} {r.TimeToLive} {Convert.ToHexString(r.Data.Span)}"));

    private static byte[] Concat(params byte[][] parts) => [.. parts.SelectMany(part => part)];
}
