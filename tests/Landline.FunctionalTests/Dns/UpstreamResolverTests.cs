using System.Net;
using Landline.Daemon.Dns;
using Landline.Networking.Dns;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Dns;

public sealed class UpstreamResolverTests
{
    private static readonly IPAddress First = IPAddress.Parse("127.0.53.1");
    private static readonly IPAddress Second = IPAddress.Parse("127.0.53.2");
    private static readonly IPAddress Self = IPAddress.Parse("127.0.53.9");

    [Fact]
    public async Task The_answer_has_the_asker_s_id_and_the_question_went_out_under_another()
    {
        ushort seen = 0;
        await using var server = new UpstreamServer(First, 0, (question, _) =>
        {
            seen = DnsMessage.Parse(question).Id;
            return Answer(question, records: 1);
        });

        DnsMessage answer = DnsMessage.Parse(await AskAsync(server.Port, First));

        Assert.Equal(0x1234, answer.Id);
        Assert.NotEqual(0x1234, seen);
        Assert.Single(answer.Answers);
    }

    [Fact]
    public async Task An_answer_that_did_not_fit_is_fetched_over_TCP_for_those_who_can_take_it()
    {
        await using var server = new UpstreamServer(
            First, 0, (question, overTcp) => Answer(question, overTcp ? 200 : 0, truncated: !overTcp));

        Assert.True(Header(await AskAsync(server.Port, First)).IsTruncated);
        Assert.Equal(200, DnsMessage.Parse(await AskAsync(server.Port, overTcp: true, First)).Answers.Count);
    }

    [Fact]
    public async Task A_server_that_fails_or_is_not_there_gives_way_to_the_second()
    {
        await using var failing = new UpstreamServer(
            First, 0, (question, _) => Answer(question, 0, code: DnsResponseCode.ServerFailure));
        await using var good = new UpstreamServer(Second, failing.Port, (question, _) => Answer(question, 1));
        var nobody = IPAddress.Parse("127.0.53.3");

        Assert.Single(DnsMessage.Parse(await AskAsync(good.Port, First, Second)).Answers);
        Assert.Single(DnsMessage.Parse(await AskAsync(good.Port, nobody, Second)).Answers);
    }

    [Fact]
    public async Task A_silent_server_gives_way_to_the_second_in_time_for_the_asker()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var silent = new UpstreamServer(First, 0, (_, _) =>
        {
            asked.TrySetResult();
            return null;
        });
        await using var good = new UpstreamServer(Second, silent.Port, (question, _) => Answer(question, 1));
        var time = new ManualTime();

        Task<byte[]> answer = AskAsync(good.Port, overTcp: false, time, First, Second);
        await asked.Task.WaitAsync(Deadline.Token);
        Assert.Equal(0, good.Questions);
        time.Advance(TimeSpan.FromSeconds(2)); // The C library waits for five.

        Assert.Single(DnsMessage.Parse(await answer).Answers);
    }

    [Fact]
    public async Task Answers_to_another_question_or_with_another_id_are_passed_over()
    {
        await using var server = new UpstreamServer(First, 0, (question, _) =>
        {
            byte[] forged = Answer(question, 1);
            forged[0] ^= 0xFF;
            return forged;
        });

        await Assert.ThrowsAsync<DnsUnavailableException>(() => AskAsync(server.Port, overTcp: false, TimeProvider.System, First));
    }

    [Fact]
    public async Task Our_own_server_is_never_asked()
    {
        await using var self = new UpstreamServer(Self, 0, (question, _) => Answer(question, 1));

        await Assert.ThrowsAsync<DnsUnavailableException>(() => AskAsync(self.Port, Self));

        Assert.Equal(0, self.Questions);
    }

    internal static byte[] Question(string name, int? udpBytes = null) => new DnsMessage
    {
        Id = 0x1234,
        Flags = 0x0100,
        Questions = [new DnsQuestion(name, DnsRecordType.A)],
        Additionals = udpBytes is { } bytes
            ? [new DnsRecord(string.Empty, DnsRecordType.OPT, (ushort)bytes, 0, Array.Empty<byte>())]
            : [],
    }.ToArray();

    internal static byte[] Answer(
        byte[] question, int records, bool truncated = false, DnsResponseCode code = DnsResponseCode.NoError)
    {
        DnsMessage asked = DnsMessage.Parse(question);
        return new DnsMessage
        {
            Id = asked.Id,
            Flags = (ushort)(0x8180 | (truncated ? 0x0200 : 0) | (int)code),
            Questions = asked.Questions,
            Answers =
            [
                .. Enumerable.Range(0, records).Select(number => new DnsRecord(
                    asked.Questions[0].Name, DnsRecordType.A, 1, 5, new byte[] { 10, 0, (byte)(number >> 8), (byte)number })),
            ],
        }.ToArray();
    }

    private static DnsHeader Header(byte[] message)
    {
        Assert.True(DnsHeader.TryRead(message, out DnsHeader header));
        return header;
    }

    private static Task<byte[]> AskAsync(int port, params IPAddress[] servers) => AskAsync(port, overTcp: false, servers);

    // Nothing runs out: who answers has all the time of the machine for it.
    private static Task<byte[]> AskAsync(int port, bool overTcp, params IPAddress[] servers) => AskAsync(port, overTcp, new ManualTime(), servers);

    private static Task<byte[]> AskAsync(int port, bool overTcp, TimeProvider time, params IPAddress[] servers)
    {
        Assert.True(DnsQuery.TryParse(Question("www.example.com"), out DnsQuery? query));
        return new UpstreamResolver(() => servers, Self, port, time).AskAsync(query, overTcp, Deadline.Token);
    }
}
