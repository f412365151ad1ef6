using System.Collections.Frozen;
using System.Net;
using Landline.Daemon.Dns;
using Landline.Networking.Dns;
using Landline.TestSupport;

namespace Landline.Tests.Daemon.Dns;

public sealed class ClusterResolverTests : IAsyncDisposable
{
    private readonly FakeExchange _exchange = new();
    private readonly ManualTime _time = new();
    private readonly ListLogger<ClusterResolver> _log = new();
    private readonly ClusterDnsChannel _channel;
    private readonly ClusterResolver _resolver;

    public ClusterResolverTests()
    {
        _channel = ClusterDnsChannelTests.Channel(_time, _exchange);
        _resolver = new ClusterResolver(_channel, NoUpstream, NameTargetTests.Names, _log);
    }

    private UpstreamResolver NoUpstream => new(() => [], IPAddress.Loopback, port: 53, _time);

    public ValueTask DisposeAsync() => _channel.DisposeAsync();

    [Fact]
    public async Task A_full_name_is_passed_on_and_back_untouched()
    {
        byte[] question = Messages.Question("web.shop.svc.cluster.local");
        Task<byte[]> answer = _resolver.AnswerAsync(question, overTcp: false, Deadline.Token);

        byte[] asked = await _exchange.NextQuestionAsync(Deadline.Token);
        Assert.Equal(question[2..], asked[2..]);
        byte[] sent = Messages.Answer(asked, "10.96.0.7");
        _exchange.Answer(sent);

        Assert.Equal((byte[])[.. question[..2], .. sent[2..]], await answer);
    }

    [Fact]
    public async Task A_short_name_is_asked_in_full_and_answered_as_asked()
    {
        Task<byte[]> answer = _resolver.AnswerAsync(Messages.Question("web.dev"), overTcp: false, Deadline.Token);

        byte[] asked = await _exchange.NextQuestionAsync(Deadline.Token);
        Assert.Equal("web.dev.svc.cluster.local", DnsMessage.Parse(asked).Questions[0].Name);
        _exchange.Answer(Messages.Answer(asked, "10.96.0.7"));

        DnsMessage message = DnsMessage.Parse(await answer);
        Assert.Equal("web.dev", message.Questions[0].Name);
        Assert.Equal(["web.dev", "web.dev.svc.cluster.local"], message.Answers.Select(record => record.Name));
    }

    [Fact]
    public async Task A_cluster_name_that_does_not_exist_is_the_cluster_s_word()
    {
        Task<byte[]> answer = _resolver.AnswerAsync(Messages.Question("no.shop.svc"), overTcp: false, Deadline.Token);

        _exchange.Answer(Messages.Answer(await _exchange.NextQuestionAsync(Deadline.Token), null, DnsResponseCode.NameError));

        Assert.Equal(DnsResponseCode.NameError, DnsMessage.Parse(await answer).Code);
    }

    [Theory]
    [InlineData("no.shop.svc")]
    [InlineData("no.elsewhere.svc.cluster.local")]
    public async Task A_cluster_name_that_does_not_exist_is_asked_of_a_connection_below(string name)
    {
        var resolver = new ClusterResolver(_channel, NoUpstream, NameTargetTests.Names, _log) { IsConnectionBelow = () => true };
        Task<byte[]> answer = resolver.AnswerAsync(Messages.Question(name), overTcp: false, Deadline.Token);

        _exchange.Answer(Messages.Answer(await _exchange.NextQuestionAsync(Deadline.Token), null, DnsResponseCode.NameError));

        // There is no server below here, which shows as SERVFAIL and in the log.
        Assert.Equal(DnsResponseCode.ServerFailure, DnsMessage.Parse(await answer).Code);
        Assert.Equal([1205], _log.Records.Select(record => record.EventId));
    }

    [Theory]
    [InlineData("db.cloud.example.com")]
    [InlineData("7.0.96.10.in-addr.arpa")]
    public async Task What_is_this_clusters_alone_is_not_asked_of_a_connection_below(string name)
    {
        var resolver = new ClusterResolver(_channel, NoUpstream, NameTargetTests.Names, _log) { IsConnectionBelow = () => true };
        Task<byte[]> answer = resolver.AnswerAsync(Messages.Question(name), overTcp: false, Deadline.Token);

        _exchange.Answer(Messages.Answer(await _exchange.NextQuestionAsync(Deadline.Token), null, DnsResponseCode.NameError));

        Assert.Equal(DnsResponseCode.NameError, DnsMessage.Parse(await answer).Code);
    }

    [Fact]
    public async Task Addresses_of_an_also_proxy_host_are_told_of_before_the_answer_is_given()
    {
        var told = new TaskCompletionSource<(string Host, IPAddress[] Addresses)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var routed = new TaskCompletionSource();
        var resolver = new ClusterResolver(_channel, NoUpstream, NameTargetTests.Names, _log)
        {
            AddressesSeen = (host, addresses) =>
            {
                told.SetResult((host, [.. addresses]));
                return routed.Task;
            },
        };
        Task<byte[]> answer = resolver.AnswerAsync(Messages.Question("DB.cloud.example.com"), overTcp: false, Deadline.Token);
        _exchange.Answer(Messages.Answer(await _exchange.NextQuestionAsync(Deadline.Token), "203.0.113.9"));

        (string host, IPAddress[] found) = await told.Task.WaitAsync(Deadline.Token);
        Assert.Equal(("db.cloud.example.com", "203.0.113.9"), (host, Assert.Single(found).ToString()));
        Assert.False(answer.IsCompleted);

        routed.SetResult();
        Assert.Single(DnsMessage.Parse(await answer.WaitAsync(Deadline.Token)).Answers);
    }

    [Fact]
    public async Task A_short_also_proxy_host_that_is_no_service_is_asked_of_the_cluster_as_it_is()
    {
        _resolver.Names = NameTargetTests.Names with { AlsoProxyHosts = FrozenSet.Create("mainframe") };
        Task<byte[]> answer = _resolver.AnswerAsync(Messages.Question("mainframe"), overTcp: false, Deadline.Token);

        byte[] first = await _exchange.NextQuestionAsync(Deadline.Token);
        Assert.Equal("mainframe.shop.svc.cluster.local", DnsMessage.Parse(first).Questions[0].Name);
        _exchange.Answer(Messages.Answer(first, null, DnsResponseCode.NameError));
        byte[] second = await _exchange.NextQuestionAsync(Deadline.Token);
        Assert.Equal("mainframe", DnsMessage.Parse(second).Questions[0].Name);
        _exchange.Answer(Messages.Answer(second, "10.9.0.1"));

        Assert.Single(DnsMessage.Parse(await answer).Answers);
    }

    [Fact]
    public async Task A_short_name_that_does_not_exist_is_asked_upstream()
    {
        Task<byte[]> answer = _resolver.AnswerAsync(Messages.Question("printer"), overTcp: false, Deadline.Token);

        _exchange.Answer(Messages.Answer(await _exchange.NextQuestionAsync(Deadline.Token), null, DnsResponseCode.NameError));

        // There is no upstream server here, which shows as SERVFAIL and in the log, once.
        Assert.Equal(DnsResponseCode.ServerFailure, DnsMessage.Parse(await answer).Code);
        Assert.Equal([1205], _log.Records.Select(record => record.EventId));
    }

    [Fact]
    public async Task An_existing_name_without_such_records_is_not_asked_upstream()
    {
        Task<byte[]> answer = _resolver.AnswerAsync(
            Messages.Question("web", type: DnsRecordType.AAAA), overTcp: false, Deadline.Token);

        _exchange.Answer(Messages.Answer(await _exchange.NextQuestionAsync(Deadline.Token), null));

        DnsMessage message = DnsMessage.Parse(await answer);
        Assert.Equal((DnsResponseCode.NoError, "web"), (message.Code, message.Questions[0].Name));
    }

    [Fact]
    public async Task Silence_of_the_cluster_is_SERVFAIL_and_logged_as_a_transition()
    {
        foreach (string name in (string[])["one.svc", "two.svc"])
        {
            Task<byte[]> answer = _resolver.AnswerAsync(Messages.Question(name), overTcp: false, Deadline.Token);
            await _exchange.NextQuestionAsync(Deadline.Token);
            await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(3), Deadline.Token);
            await _exchange.NextQuestionAsync(Deadline.Token);
            await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(2), Deadline.Token);
            Assert.Equal(DnsResponseCode.ServerFailure, DnsMessage.Parse(await answer).Code);
        }

        Task<byte[]> last = _resolver.AnswerAsync(Messages.Question("three.svc"), overTcp: false, Deadline.Token);
        _exchange.Answer(Messages.Answer(await _exchange.NextQuestionAsync(Deadline.Token), "10.0.0.1"));
        await last;

        Assert.Equal([1203, 1204], _log.Records.Select(record => record.EventId));
    }

    [Fact]
    public async Task The_same_question_at_the_same_time_is_asked_once_and_each_gets_its_own_id()
    {
        Task<byte[]> one = _resolver.AnswerAsync(Messages.Question("web.shop.svc", id: 1), overTcp: false, Deadline.Token);
        Task<byte[]> two = _resolver.AnswerAsync(Messages.Question("web.shop.svc", id: 2), overTcp: false, Deadline.Token);

        _exchange.Answer(Messages.Answer(await _exchange.NextQuestionAsync(Deadline.Token), "10.0.0.1"));

        Assert.Equal(1, DnsMessage.Parse(await one).Id);
        Assert.Equal(2, DnsMessage.Parse(await two).Id);
    }

    [Theory]
    [InlineData("1234000000020000000000000161000001000101610000010001", DnsResponseCode.FormatError)]
    [InlineData("123400000001000000000000C00C00010001", DnsResponseCode.FormatError)]
    [InlineData("123428000001000000000000016100000600010000", DnsResponseCode.NotImplemented)]
    public async Task What_is_no_standard_query_is_refused_with_its_id(string message, DnsResponseCode code)
    {
        byte[] answer = await _resolver.AnswerAsync(Convert.FromHexString(message), overTcp: false, Deadline.Token);

        Assert.True(DnsHeader.TryRead(answer, out DnsHeader header));
        Assert.Equal((0x1234, true, code), (header.Id, header.IsResponse, header.Code));
    }

    [Fact]
    public async Task Names_learnt_later_count_for_the_next_question()
    {
        _resolver.Names = NameTargetTests.Names with { Namespaces = [] };

        byte[] answer = await _resolver.AnswerAsync(Messages.Question("web.dev"), overTcp: false, Deadline.Token);

        Assert.Equal(DnsResponseCode.ServerFailure, DnsMessage.Parse(answer).Code);
    }

    [Fact]
    public async Task A_lookup_gives_the_addresses_behind_aliases()
    {
        Task<IReadOnlyList<IPAddress>> lookup = new ClusterLookup(_channel).AddressesAsync("db.example.com", Deadline.Token);
        for (int i = 0; i < 2; i++)
        {
            byte[] asked = await _exchange.NextQuestionAsync(Deadline.Token);
            bool isA = DnsMessage.Parse(asked).Questions[0].Type == DnsRecordType.A;
            _exchange.Answer(Messages.Answer(asked, isA ? "203.0.113.9" : null, isA ? DnsResponseCode.NoError : DnsResponseCode.NameError));
        }

        Assert.Equal([IPAddress.Parse("203.0.113.9")], await lookup);
    }
}
