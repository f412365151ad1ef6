using Landline.Daemon.Dns;
using Landline.Networking.Dns;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Daemon.Dns;

public sealed class ClusterDnsChannelTests
{
    [Fact]
    public async Task Answers_find_their_askers_in_any_order()
    {
        var exchange = new FakeExchange();
        await using var channel = Channel(new ManualTime(), exchange);

        Task<byte[]> first = channel.AskAsync(Messages.Question("first.example", id: 7), Deadline.Token);
        byte[] firstAsked = await exchange.NextQuestionAsync(Deadline.Token);
        Task<byte[]> second = channel.AskAsync(Messages.Question("second.example", id: 7), Deadline.Token);
        byte[] secondAsked = await exchange.NextQuestionAsync(Deadline.Token);
        exchange.Answer(Messages.Answer(secondAsked, "10.0.0.2"));
        exchange.Answer(Messages.Answer(firstAsked, "10.0.0.1"));

        DnsMessage one = DnsMessage.Parse(await first);
        DnsMessage two = DnsMessage.Parse(await second);
        Assert.Equal(("first.example", (ushort)7), (one.Questions[0].Name, one.Id));
        Assert.Equal(("second.example", (ushort)7), (two.Questions[0].Name, two.Id));
    }

    [Fact]
    public async Task A_question_without_answer_is_asked_once_more_and_then_given_up()
    {
        var time = new ManualTime();
        var exchange = new FakeExchange();
        await using var channel = Channel(time, exchange);

        Task<byte[]> answer = channel.AskAsync(Messages.Question("web"), Deadline.Token);
        byte[] once = await exchange.NextQuestionAsync(Deadline.Token);
        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(3), Deadline.Token);
        Assert.Equal(once, await exchange.NextQuestionAsync(Deadline.Token));

        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(2), Deadline.Token);
        await Assert.ThrowsAsync<DnsUnavailableException>(() => answer);
    }

    [Fact]
    public async Task When_the_session_is_replaced_what_was_not_answered_is_asked_there()
    {
        var old = new FakeExchange();
        var @new = new FakeExchange();
        await using var channel = Channel(new ManualTime(), old, @new);

        Task<byte[]> answer = channel.AskAsync(Messages.Question("web"), Deadline.Token);
        await old.NextQuestionAsync(Deadline.Token);
        old.Close();
        @new.Answer(Messages.Answer(await @new.NextQuestionAsync(Deadline.Token), "10.0.0.1"));

        Assert.Single(DnsMessage.Parse(await answer).Answers);
    }

    [Fact]
    public async Task While_there_is_no_session_askers_wait_up_to_the_deadline()
    {
        var time = new ManualTime();
        await using var channel = new ClusterDnsChannel(
            async token =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, time, token);
                return new FakeExchange();
            },
            time,
            NullLogger.Instance);

        Task<byte[]> answer = channel.AskAsync(Messages.Question("web"), Deadline.Token);

        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(5), Deadline.Token);
        await Assert.ThrowsAsync<DnsUnavailableException>(() => answer);
    }

    [Fact]
    public async Task A_refused_exchange_is_tried_again()
    {
        var exchange = new FakeExchange();
        int attempts = 0;
        await using var channel = new ClusterDnsChannel(
            _ => ++attempts == 1 ? throw new IOException("refused") : new ValueTask<IDnsExchange>(exchange),
            TimeProvider.System,
            NullLogger.Instance);

        Task<byte[]> answer = channel.AskAsync(Messages.Question("web"), Deadline.Token);
        exchange.Answer(Messages.Answer(await exchange.NextQuestionAsync(Deadline.Token), "10.0.0.1"));

        await answer;
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task Nonsense_and_answers_to_nobody_are_passed_over()
    {
        var exchange = new FakeExchange();
        await using var channel = Channel(new ManualTime(), exchange);

        Task<byte[]> answer = channel.AskAsync(Messages.Question("web"), Deadline.Token);
        byte[] asked = await exchange.NextQuestionAsync(Deadline.Token);
        exchange.Answer([1, 2, 3]);
        exchange.Answer(asked);
        exchange.Answer(Messages.Answer(Messages.Question("web", id: (ushort)~DnsMessage.Parse(asked).Id), "10.9.9.9"));
        exchange.Answer(Messages.Answer(asked, "10.0.0.1"));

        Assert.Equal([10, 0, 0, 1], DnsMessage.Parse(await answer).Answers[0].Data.ToArray());
    }

    [Fact]
    public async Task Closing_ends_those_who_wait()
    {
        var exchange = new FakeExchange();
        ClusterDnsChannel channel = Channel(new ManualTime(), exchange);
        Task<byte[]> answer = channel.AskAsync(Messages.Question("web"), Deadline.Token);
        await exchange.NextQuestionAsync(Deadline.Token);

        await channel.DisposeAsync();

        await Assert.ThrowsAsync<DnsUnavailableException>(() => answer);
    }

    internal static ClusterDnsChannel Channel(TimeProvider time, params FakeExchange[] exchanges)
    {
        var queue = new Queue<FakeExchange>(exchanges);
        return new ClusterDnsChannel(_ => new ValueTask<IDnsExchange>(queue.Dequeue()), time, NullLogger.Instance);
    }
}
