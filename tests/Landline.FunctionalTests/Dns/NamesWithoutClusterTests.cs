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

    public NamesWithoutClusterTests()
    {
        _channel = new ClusterDnsChannel(
            stop => new ValueTask<IDnsExchange>(_exchange.Task.WaitAsync(stop)), _clusterTime, NullLogger.Instance);
        _upstream = new UpstreamServer(Upstream, 0, static (question, _) => Answer(question));
        var upstream = new UpstreamResolver(() => [Upstream], Self, _upstream.Port, TimeProvider.System);
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

    private async Task<DnsResponseCode> AskAsync(string name)
    {
        var question = new DnsMessage
        {
            Id = 0x1234, Flags = 0x0100, Questions = [new DnsQuestion(name, DnsRecordType.A)],
        };
        return DnsMessage.Parse(await _resolver.AnswerAsync(question.ToArray(), overTcp: false, Deadline.Token)).Code;
    }

    private static byte[] Answer(byte[] question)
    {
        DnsMessage message = DnsMessage.Parse(question);
        bool exists = message.Questions[0].Name is "printer" or "api.k8s.example.dev" or "api-server";
        return (message with
        {
            Flags = (ushort)(0x8180 | (int)(exists ? DnsResponseCode.NoError : DnsResponseCode.NameError)),
            Answers = exists ? [new DnsRecord(message.Questions[0].Name, DnsRecordType.A, 1, 5, (byte[])[192, 0, 2, 7])] : [],
        }).ToArray();
    }
}
