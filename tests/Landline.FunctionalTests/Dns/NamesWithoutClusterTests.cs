using System.Collections.Frozen;
using System.Net;
using Landline.Daemon.Dns;
using Landline.Networking.Dns;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Dns;

/// <summary>Names while the session has no link: what could bring it back is found all the same.</summary>
public sealed class NamesWithoutClusterTests : IAsyncDisposable
{
    private static readonly IPAddress Upstream = IPAddress.Parse("127.0.53.4");
    private static readonly IPAddress Self = IPAddress.Parse("127.0.53.9");
    private readonly ManualTime _clusterTime = new();
    private readonly TaskCompletionSource<IDnsExchange> _exchange = new();
    private readonly ClusterDnsChannel _channel;
    private readonly UpstreamServer _upstream;
    private readonly ClusterResolver _resolver;
    private bool _isAway = true;
    private bool _answersEverything;

    public NamesWithoutClusterTests()
    {
        _channel = new ClusterDnsChannel(
            stop => new ValueTask<IDnsExchange>(_exchange.Task.WaitAsync(stop)), _clusterTime, NullLogger.Instance);
        _upstream = new UpstreamServer(Upstream, 0, (question, _) => Answer(question));
        var upstream = new UpstreamResolver(() => [Upstream], Self, _upstream.Port, new ManualTime());
        var names = new ClusterNames
        {
            ClusterDomain = "cluster.local",
            ConnectedNamespace = "shop",
            Namespaces = FrozenSet.Create("shop", "dev"),
            Subnets = [],
            SessionHosts = FrozenSet.Create("api-server"),
        };
        _resolver = new ClusterResolver(_channel, upstream, names, NullLogger.Instance) { IsAway = () => _isAway };
    }

    public async ValueTask DisposeAsync()
    {
        _exchange.TrySetCanceled();
        await _channel.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("printer")]
    [InlineData("api.k8s.example.dev")]
    [InlineData("api-server")]
    public async Task A_name_that_exists_elsewhere_is_answered_at_once(string name) =>
        Assert.Equal(DnsResponseCode.NoError, await AskAsync(name));

    [Fact]
    public async Task What_the_search_path_makes_of_the_API_servers_name_is_not_waited_for() =>
        Assert.Equal(DnsResponseCode.ServerFailure, await AskAsync("api-server.shop.svc.cluster.local"));

    [Fact]
    public async Task A_name_that_exists_nowhere_else_is_waited_for()
    {
        Task<DnsResponseCode> answer = AskAsync("web");

        _exchange.SetResult(new ClusterStandIn(new Dictionary<string, string[]> { ["web.shop.svc.cluster.local"] = ["10.96.0.7"] }));

        Assert.Equal(DnsResponseCode.NoError, await answer);
    }

    [Theory]
    [InlineData("printer", DnsResponseCode.NoError)]
    [InlineData("web", DnsResponseCode.ServerFailure)]
    public async Task When_the_cluster_is_silent_in_the_end_only_what_exists_elsewhere_is_answered(string name, object expected)
    {
        _isAway = false; // Nobody has noticed yet.
        Task<DnsResponseCode> answer = AskAsync(name);

        await _clusterTime.AdvanceToTimerAsync(TimeSpan.FromSeconds(5), Deadline.Token);

        Assert.Equal((DnsResponseCode)expected, await answer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_name_that_the_cluster_has_said_to_have_is_not_looked_for_elsewhere(bool isKnownToBeAway)
    {
        var exchange = new SilencedExchange(new ClusterStandIn(new Dictionary<string, string[]> { ["api.dev.svc.cluster.local"] = ["10.96.0.7"] }));
        _exchange.SetResult(exchange);
        (_isAway, _answersEverything) = (false, true);
        Assert.Equal(DnsResponseCode.NoError, await AskAsync("api.dev"));

        (_isAway, exchange.IsSilent) = (isKnownToBeAway, true);
        Task<DnsResponseCode> answer = AskAsync("api.dev");
        await _clusterTime.AdvanceToTimerAsync(TimeSpan.FromSeconds(5), Deadline.Token);

        Assert.Equal(DnsResponseCode.ServerFailure, await answer);
        Assert.Equal(0, _upstream.Questions);
    }

    [Fact]
    public async Task What_exists_elsewhere_is_kept_for_no_longer_than_a_second()
    {
        DnsMessage answer = await AnswerAsync("printer", DnsRecordType.A);

        Assert.Equal(1u, Assert.Single(answer.Answers).TimeToLive);
    }

    [Fact]
    public async Task A_name_without_addresses_of_one_version_exists_if_it_has_some_of_the_other()
    {
        DnsMessage answer = await AnswerAsync("printer", DnsRecordType.AAAA);

        Assert.Equal((DnsResponseCode.NoError, 0), (answer.Code, answer.Answers.Count));
    }

    [Fact]
    public async Task That_a_name_exists_elsewhere_without_any_record_is_not_believed()
    {
        Task<DnsResponseCode> answer = AskAsync("empty");

        _exchange.SetResult(new ClusterStandIn(new Dictionary<string, string[]> { ["empty.shop.svc.cluster.local"] = ["10.96.0.7"] }));

        Assert.Equal(DnsResponseCode.NoError, await answer);
        Assert.Equal("10.96.0.7", new IPAddress((await AnswerAsync("empty", DnsRecordType.A)).Answers[^1].Data.Span).ToString());
    }

    private async Task<DnsResponseCode> AskAsync(string name) => (await AnswerAsync(name, DnsRecordType.A)).Code;

    private async Task<DnsMessage> AnswerAsync(string name, DnsRecordType type)
    {
        var question = new DnsMessage
        {
            Id = 0x1234, Flags = 0x0100, Questions = [new DnsQuestion(name, type)],
        };
        return DnsMessage.Parse(await _resolver.AnswerAsync(question.ToArray(), overTcp: false, Deadline.Token));
    }

    // All that exists has an IPv4 address, but for one name.
    private byte[] Answer(byte[] question)
    {
        DnsMessage message = DnsMessage.Parse(question);
        DnsQuestion asked = message.Questions[0];
        bool exists = _answersEverything || asked.Name is "printer" or "api.k8s.example.dev" or "api-server" or "empty";
        bool hasRecords = exists && asked is { Type: DnsRecordType.A, Name: not "empty" };
        return (message with
        {
            Flags = (ushort)(0x8180 | (int)(exists ? DnsResponseCode.NoError : DnsResponseCode.NameError)),
            Answers = hasRecords ? [new DnsRecord(asked.Name, DnsRecordType.A, 1, 5, (byte[])[192, 0, 2, 7])] : [],
        }).ToArray();
    }

    /// <summary>Another exchange until the test says that what is sent gets lost.</summary>
    private sealed class SilencedExchange(IDnsExchange other) : IDnsExchange
    {
        public bool IsSilent { get; set; }

        public bool TrySend(ReadOnlySpan<byte> message) => IsSilent || other.TrySend(message);

        public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => other.ReceiveAsync(buffer, cancellationToken);

        public void Close() => other.Close();
    }
}
