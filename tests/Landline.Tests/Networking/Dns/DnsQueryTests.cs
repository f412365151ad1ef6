using Landline.Networking.Dns;

namespace Landline.Tests.Networking.Dns;

public sealed class DnsQueryTests
{
    private static readonly DnsRecord Opt = new(string.Empty, DnsRecordType.OPT, 1232, 0, Array.Empty<byte>());

    [Fact]
    public void An_answer_of_our_own_repeats_id_question_and_spelling()
    {
        byte[] message = Query("Web.Shop", withOpt: false);

        byte[] answer = Parse(message).Answer(DnsResponseCode.NameError);

        Assert.Equal(message[12..], answer[12..]);
        Assert.True(DnsHeader.TryRead(answer, out DnsHeader header));
        Assert.Equal((0x4321, true, DnsResponseCode.NameError), (header.Id, header.IsResponse, header.Code));
    }

    [Fact]
    public void Who_asks_with_OPT_is_answered_with_OPT_and_may_get_more()
    {
        DnsQuery plain = Parse(Query("web", withOpt: false));
        DnsQuery extended = Parse(Query("web", withOpt: true));

        Assert.Equal((512, 1232), (plain.LargestUdpAnswer, extended.LargestUdpAnswer));
        Assert.Empty(DnsMessage.Parse(plain.Answer(DnsResponseCode.ServerFailure)).Additionals);
        DnsRecord opt = Assert.Single(DnsMessage.Parse(extended.Answer(DnsResponseCode.ServerFailure)).Additionals);
        Assert.Equal(DnsRecordType.OPT, opt.Type);
    }

    [Fact]
    public void A_truncated_answer_keeps_the_code_and_says_that_it_is_truncated()
    {
        DnsQuery query = Parse(Query("web", withOpt: false));
        byte[] answer = new DnsMessage { Id = 1, Flags = 0x8583, Questions = [query.Question] }.ToArray();

        Assert.True(DnsHeader.TryRead(query.Truncated(answer), out DnsHeader header));

        Assert.True(header.IsTruncated);
        Assert.Equal((0x4321, DnsResponseCode.NameError, 0), (header.Id, header.Code, header.Answers));
    }

    [Fact]
    public void A_renamed_query_keeps_type_and_options()
    {
        DnsMessage renamed = DnsMessage.Parse(Parse(Query("web", withOpt: true)).Rename("web.shop.svc.cluster.local"));

        Assert.Equal(new DnsQuestion("web.shop.svc.cluster.local", DnsRecordType.A), Assert.Single(renamed.Questions));
        Assert.Equal(1232, Assert.Single(renamed.Additionals).Class);
    }

    [Fact]
    public void The_answer_to_a_renamed_query_leads_from_the_asked_name_to_the_records()
    {
        DnsQuery query = Parse(Query("Web", withOpt: false));
        byte[] answer = new DnsMessage
        {
            Id = 99,
            Flags = 0x8580,
            Questions = [new DnsQuestion("web.shop.svc.cluster.local", DnsRecordType.A)],
            Answers = [new DnsRecord("web.shop.svc.cluster.local", DnsRecordType.A, 1, 5, new byte[] { 10, 96, 0, 7 })],
        }.ToArray();

        byte[] restored = query.Restore(answer);

        DnsMessage message = DnsMessage.Parse(restored);
        Assert.Equal(0x4321, message.Id);
        Assert.Equal("web", message.Questions[0].Name);
        Assert.Equal("Web", System.Text.Encoding.ASCII.GetString(restored, 13, 3));
        Assert.Equal(["web", "web.shop.svc.cluster.local"], message.Answers.Select(record => record.Name));
        Assert.Equal(DnsRecordType.CNAME, message.Answers[0].Type);
        Assert.Equal(DnsMessageTests.Wire("web.shop.svc.cluster.local"), message.Answers[0].Data.ToArray());
    }

    [Fact]
    public void A_shortened_answer_keeps_its_records_for_no_longer_and_the_askers_spelling()
    {
        byte[] message = Query("Printer", withOpt: false);
        DnsRecord[] records = [.. new uint[] { 0, 300 }.Select(seconds => new DnsRecord("printer", DnsRecordType.A, 1, seconds, new byte[] { 192, 0, 2, 7 }))];
        byte[] answer = (DnsMessage.Parse(message) with { Flags = 0x8180, Answers = records }).ToArray();

        byte[] shortened = Parse(message).Shorten(answer, longestSeconds: 1);

        Assert.Equal(message[12..], shortened[12..message.Length]);
        Assert.Equal([0u, 1u], DnsMessage.Parse(shortened).Answers.Select(record => record.TimeToLive));
    }

    [Fact]
    public void An_answer_without_records_gets_no_alias()
    {
        DnsQuery query = Parse(Query("web", withOpt: false));
        byte[] answer = new DnsMessage
        {
            Flags = 0x8583,
            Questions = [new DnsQuestion("web.shop.svc.cluster.local", DnsRecordType.A)],
            Authorities = [new DnsRecord("cluster.local", DnsRecordType.NS, 1, 5, DnsMessageTests.Wire("ns"))],
        }.ToArray();

        DnsMessage message = DnsMessage.Parse(query.Restore(answer));

        Assert.Empty(message.Answers);
        Assert.Single(message.Authorities);
        Assert.Equal(DnsResponseCode.NameError, message.Code);
    }

    [Theory]
    [InlineData(0x8000, 1)] // an answer
    [InlineData(0x2800, 1)] // an update
    [InlineData(0x0000, 0)]
    [InlineData(0x0000, 2)]
    public void Only_standard_queries_with_one_question_are_taken(int flags, int questions)
    {
        var message = new DnsMessage
        {
            Flags = (ushort)flags,
            Questions = [.. Enumerable.Repeat(new DnsQuestion("a", DnsRecordType.A), questions)],
        };

        Assert.False(DnsQuery.TryParse(message.ToArray(), out _));
    }

    private static byte[] Query(string name, bool withOpt) => new DnsMessage
    {
        Id = 0x4321,
        Flags = 0x0100,
        Questions = [new DnsQuestion(name, DnsRecordType.A)],
        Additionals = withOpt ? [Opt] : [],
    }.ToArray();

    private static DnsQuery Parse(byte[] message)
    {
        Assert.True(DnsQuery.TryParse(message, out DnsQuery? query));
        return query;
    }
}
