using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>How large a stream's receive window becomes. Windows are bounds on memory: what must not grow matters most.</summary>
public sealed class WindowTunerTests
{
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;

    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(100);

    private readonly WindowTuner _tuner = new();
    private TimeSpan _now;

    [Fact]
    public void A_window_doubles_under_a_reader_that_takes_it_within_a_round_trip_and_stops_at_its_limit()
    {
        StreamFlow flow = Open();
        var windows = new List<int> { flow.Window };

        for (int rounds = 0; rounds < 20; rounds++)
        {
            ReadWindow(flow, RoundTrip);
            if (flow.Window != windows[^1])
            {
                windows.Add(flow.Window);
            }
        }

        Assert.Equal([512 * KiB, MiB, 2 * MiB, 4 * MiB, 8 * MiB, 16 * MiB], windows);
        Assert.Equal(16 * MiB, _tuner.Total);
    }

    [Theory]
    [InlineData(2.0)]
    [InlineData(10.0)]
    public void A_window_does_not_grow_under_a_reader_that_takes_two_round_trips_for_it(double roundTrips)
    {
        StreamFlow flow = Open();

        for (int rounds = 0; rounds < 20; rounds++)
        {
            ReadWindow(flow, roundTrips * RoundTrip);
        }

        Assert.Equal(512 * KiB, flow.Window);
    }

    [Fact]
    public void A_window_grows_under_a_reader_that_takes_a_little_less_than_two_round_trips()
    {
        StreamFlow flow = Open();

        ReadWindow(flow, 1.9 * RoundTrip);

        Assert.Equal(MiB, flow.Window);
    }

    [Fact]
    public void A_reader_that_reads_nothing_keeps_the_window_it_had()
    {
        StreamFlow flow = Open();
        ReadWindow(flow, RoundTrip);
        int before = flow.Window;

        _now += TimeSpan.FromMinutes(5);
        ReadWindow(flow, TimeSpan.FromMinutes(5));

        Assert.Equal(before, flow.Window);
    }

    [Fact]
    public void Nothing_grows_before_the_round_trip_is_known()
    {
        StreamFlow flow = Open();

        for (int rounds = 0; rounds < 20; rounds++)
        {
            Assert.Equal(flow.Window, ReadWindow(flow, TimeSpan.Zero, roundTrip: TimeSpan.Zero));
        }

        Assert.Equal(512 * KiB, flow.Window);
    }

    [Fact]
    public void What_the_peer_may_send_is_never_more_than_the_window()
    {
        StreamFlow flow = Open();

        for (int rounds = 0; rounds < 20; rounds++)
        {
            ReadWindow(flow, RoundTrip);
            Assert.InRange(flow.ReceiveCredit, (flow.Window * 3L / 4) + 1, flow.Window);
        }
    }

    [Fact]
    public void The_windows_of_a_session_grow_up_to_its_budget_and_make_room_when_a_stream_is_over()
    {
        StreamFlow[] flows = [.. Enumerable.Range(0, 32).Select(_ => Open())];
        for (int rounds = 0; rounds < 10; rounds++)
        {
            foreach (StreamFlow flow in flows)
            {
                ReadWindow(flow, RoundTrip);
            }
        }

        Assert.InRange(_tuner.Total, 240L * MiB, 256L * MiB);
        Assert.Equal(_tuner.Total, flows.Sum(static flow => (long)flow.Window));

        int before = flows[0].Window;
        ReadWindow(flows[0], RoundTrip);
        Assert.Equal(before, flows[0].Window);
        _tuner.Close(flows[1]);
        ReadWindow(flows[0], RoundTrip);
        Assert.Equal(2 * before, flows[0].Window);
    }

    [Fact]
    public void Where_many_streams_are_open_a_new_one_begins_with_less()
    {
        var first = new Dictionary<int, long>();
        for (int streams = 0; streams < 3000; streams++)
        {
            long total = _tuner.Total;
            first.TryAdd(Open().Window, total);
        }

        Assert.Equal([512 * KiB, 128 * KiB, 16 * KiB], first.Keys);
        Assert.Equal([0, 64L * MiB, 160L * MiB], first.Values);
    }

    private StreamFlow Open()
    {
        var flow = new StreamFlow { EpochStart = _now };
        _tuner.Open(flow);
        return flow;
    }

    /// <summary>The peer sends a window and the reader takes it in quarters, in this time. Returns the credit it gives back.</summary>
    private long ReadWindow(StreamFlow flow, TimeSpan takes, TimeSpan? roundTrip = null)
    {
        int quarter = flow.Window / 4;
        long returned = 0;
        for (int quarters = 0; quarters < 4; quarters++)
        {
            _now += takes / 4;
            flow.ReceiveCredit -= quarter;
            if (flow.AddConsumed(quarter))
            {
                returned += _tuner.Return(flow, _now, roundTrip ?? RoundTrip);
            }
        }

        return returned;
    }
}
