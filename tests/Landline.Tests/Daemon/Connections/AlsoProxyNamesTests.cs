using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Landline.Daemon.Connections;
using Landline.Daemon.Dns;
using Landline.Networking.Dns;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Landline.Tests.Daemon.Dns;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Daemon.Connections;

/// <summary>The cluster answers what the test says for each name; its routes are those that a plan makes of the addresses.</summary>
public sealed class AlsoProxyNamesTests : IAsyncLifetime
{
    private const string Database = "db.example.com";
    private const string Queue = "queue.example.com";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly FakeExchange _exchange = new();
    private readonly ConcurrentDictionary<string, (string? Address, DnsResponseCode Code)> _records = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<IReadOnlyList<IPNetwork>> _changes = Channel.CreateBounded<IReadOnlyList<IPNetwork>>(10);
    private readonly ConnectionWarnings _warnings = new("lab", TimeProvider.System);
    private ClusterDnsChannel _channel = null!;
    private AlsoProxyNames _names = null!;
    private Task _answering = Task.CompletedTask;
    private volatile string? _silent;
    private volatile string? _refusesIPv6;

    public ValueTask InitializeAsync()
    {
        // Its deadlines are not what is tested here.
        _channel = new ClusterDnsChannel(_ => new ValueTask<IDnsExchange>(_exchange), TimeProvider.System, NullLogger.Instance);
        _names = new AlsoProxyNames(
            [Database, Queue],
            host => [$"{host}.shop.svc.cluster.local", host],
            new ClusterLookup(_channel),
            _warnings,
            _time,
            NullLogger.Instance);
        _answering = AnswerAsync();
        _records[Database] = ("10.1.0.1", DnsResponseCode.NoError);
        _records[Queue] = ("10.2.0.1", DnsResponseCode.NoError);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _answering;
        await _names.DisposeAsync();
        await _channel.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Names_that_share_a_port_have_routes_of_their_own()
    {
        await _names.ResolveAsync(Deadline.Token);

        Assert.Equal(["10.1.0.1/32", "10.2.0.1/32"], Texts(Routes()));
        Assert.Empty(_warnings.Current);
    }

    [Fact]
    public async Task A_server_that_refuses_to_look_for_IPv6_addresses_says_nothing_about_the_others()
    {
        _refusesIPv6 = Database;

        await _names.ResolveAsync(Deadline.Token);

        Assert.Equal(["10.1.0.1/32", "10.2.0.1/32"], Texts(Routes()));
        Assert.Empty(_warnings.Current);
    }

    [Fact]
    public async Task A_name_that_moves_takes_its_route_along_and_leaves_the_old_one_for_ten_minutes()
    {
        await StartAsync();

        _records[Database] = ("10.1.0.2", DnsResponseCode.NoError);
        await _time.AdvanceToTimerAsync(Interval, Deadline.Token);
        Assert.Equal(["10.1.0.1/32", "10.1.0.2/32", "10.2.0.1/32"], Texts(await _changes.Reader.ReadAsync(Deadline.Token)));

        await PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(["10.1.0.2/32", "10.2.0.1/32"], Texts(await _changes.Reader.ReadAsync(Deadline.Token)));
    }

    [Fact]
    public async Task An_answer_that_a_program_gets_is_routed_before_it_has_it()
    {
        await StartAsync();

        await _names.SeeAsync(Database, [IPAddress.Parse("10.1.0.9")]).WaitAsync(Deadline.Token);

        Assert.True(_changes.Reader.TryRead(out IReadOnlyList<IPNetwork>? routes));
        Assert.Equal(["10.1.0.1/32", "10.1.0.9/32", "10.2.0.1/32"], Texts(routes));
        await _names.SeeAsync(Database, [IPAddress.Parse("10.1.0.9")]).WaitAsync(Deadline.Token);
        Assert.False(_changes.Reader.TryRead(out _));
    }

    [Fact]
    public async Task An_answer_does_not_wait_for_ever_for_its_route()
    {
        await _names.ResolveAsync(Deadline.Token);
        _names.Start(token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));

        Task seen = _names.SeeAsync(Database, [IPAddress.Parse("10.1.0.9")]);
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(1), Deadline.Token);

        await seen.WaitAsync(Deadline.Token);
    }

    [Fact]
    public async Task An_answer_that_came_before_the_first_routes_were_set_is_told_at_the_start()
    {
        await _names.ResolveAsync(Deadline.Token);
        await _names.SeeAsync(Database, [IPAddress.Parse("10.1.0.9")]).WaitAsync(Deadline.Token);

        _names.Start(token => _changes.Writer.WriteAsync(Routes(), token).AsTask());

        Assert.Contains("10.1.0.9/32", Texts(await _changes.Reader.ReadAsync(Deadline.Token)));
    }

    [Fact]
    public async Task An_answer_waits_for_the_route_that_a_look_at_the_name_asked_for_though_another_names_look_takes_its_time()
    {
        await _names.ResolveAsync(Deadline.Token);
        var updating = Channel.CreateBounded<TaskCompletionSource>(10);
        _names.Start(async token =>
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await updating.Writer.WriteAsync(done, token);
            await done.Task.WaitAsync(token);
        });
        _silent = $"{Queue}.shop.svc.cluster.local";
        _records[Database] = ("10.1.0.2", DnsResponseCode.NoError);
        await _time.AdvanceToTimerAsync(Interval, Deadline.Token);
        TaskCompletionSource look = await updating.Reader.ReadAsync(Deadline.Token);

        Task seen = _names.SeeAsync(Database, [IPAddress.Parse("10.1.0.2")]);
        look.SetResult();
        TaskCompletionSource answer = await updating.Reader.ReadAsync(Deadline.Token);
        Assert.False(seen.IsCompleted);

        answer.SetResult();
        await seen.WaitAsync(Deadline.Token);
    }

    [Fact]
    public async Task A_short_name_of_a_service_is_looked_up_as_in_a_pod()
    {
        _records[Database] = (null, DnsResponseCode.NameError);
        _records[$"{Database}.shop.svc.cluster.local"] = ("10.96.0.7", DnsResponseCode.NoError);

        await _names.ResolveAsync(Deadline.Token);

        Assert.Equal(["10.2.0.1/32", "10.96.0.7/32"], Texts(Routes()));
        Assert.Empty(_warnings.Current);
    }

    [Fact]
    public async Task A_name_that_cannot_be_looked_up_for_a_while_keeps_its_route()
    {
        await StartAsync();

        _records[Database] = (null, DnsResponseCode.ServerFailure);
        await _time.AdvanceToTimerAsync(Interval, Deadline.Token);
        _records[Queue] = ("10.2.0.2", DnsResponseCode.NoError);
        await _time.AdvanceToTimerAsync(Interval, Deadline.Token);

        // The first change that is told is the queue's: for the database there was none.
        Assert.Equal(["10.1.0.1/32", "10.2.0.1/32", "10.2.0.2/32"], Texts(await _changes.Reader.ReadAsync(Deadline.Token)));
        Assert.Empty(_warnings.Current);
    }

    [Fact]
    public async Task A_name_that_is_gone_is_a_warning_until_it_is_back_and_loses_its_route_after_ten_minutes()
    {
        await StartAsync();

        _records[Database] = (null, DnsResponseCode.NameError);
        await PassAsync(Interval + Interval);
        WarningInfo warning = Assert.Single(_warnings.Current);
        await PassAsync(TimeSpan.FromMinutes(9.5));
        IReadOnlyList<IPNetwork> without = await _changes.Reader.ReadAsync(Deadline.Token);
        _records[Database] = ("10.1.0.3", DnsResponseCode.NoError);
        await _time.AdvanceToTimerAsync(Interval, Deadline.Token);

        Assert.Equal(["10.2.0.1/32"], Texts(without));
        Assert.Contains(Database, warning.Title, StringComparison.Ordinal);
        Assert.DoesNotContain(Queue, warning.Title, StringComparison.Ordinal);
        Assert.Equal(["10.1.0.3/32", "10.2.0.1/32"], Texts(await _changes.Reader.ReadAsync(Deadline.Token)));

        // The change is told in the middle of a look; the next one begins when that is over.
        await _time.AdvanceToTimerAsync(Interval, Deadline.Token);
        Assert.Empty(_warnings.Current);
    }

    // From one look to the next: each sets the timer for the one after it.
    private async Task PassAsync(TimeSpan amount)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < amount; passed += Interval)
        {
            await _time.AdvanceToTimerAsync(Interval, Deadline.Token);
        }
    }

    private async Task StartAsync()
    {
        await _names.ResolveAsync(Deadline.Token);
        _names.Start(token => _changes.Writer.WriteAsync(Routes(), token).AsTask());
    }

    private IReadOnlyList<IPNetwork> Routes() => NetworkPlan.Of(
        new ConnectRequest { Name = "lab", Namespace = "shop", AlsoProxy = [$"{Database}:5432", $"{Queue}:5432"] }, new ClusterMessage(), _names.Addresses, []).Routed;

    private static IEnumerable<string> Texts(IEnumerable<IPNetwork> routes) =>
        routes.Select(route => route.ToString()).Order(StringComparer.Ordinal);

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                byte[] question = await _exchange.NextQuestionAsync(_stop.Token);
                DnsQuestion asked = DnsMessage.Parse(question).Questions[0];
                if (asked.Name == _silent)
                {
                    continue;
                }

                (string? address, DnsResponseCode code) = asked.Type == DnsRecordType.AAAA && asked.Name == _refusesIPv6
                    ? (null, DnsResponseCode.ServerFailure)
                    : _records.GetValueOrDefault(asked.Name, (null, DnsResponseCode.NameError));
                _exchange.Answer(Messages.Answer(question, asked.Type == DnsRecordType.A ? address : null, code));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
