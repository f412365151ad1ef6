using System.Net;
using Landline.Cluster.Agent.Capture;
using Landline.Cluster.Hosting;
using Landline.TestSupport;
using Landline.Tests.Protocol;

namespace Landline.Tests.Cluster.Agent.Capture;

public sealed class CallerFlowsTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly DatagramSockets _callers = new();
    private readonly CallerFlows _flows = new();
    private readonly ByteBudget _waiting = new(100);

    public void Dispose() => _callers.Dispose();

    [Fact]
    public void A_new_caller_gets_the_place_of_one_that_has_been_silent_for_long()
    {
        UdpFlow[] first = [.. Enumerable.Range(0, CallerFlows.Most).Select(Add)];
        _time.Advance(TimeSpan.FromSeconds(1));
        first[0].Offer([1]);

        UdpFlow added = Add(CallerFlows.Most);

        Assert.Same(added, _flows.Find(added.Caller));
        Assert.Same(first[0], _flows.Find(first[0].Caller));
        Assert.InRange(_flows.Count, CallerFlows.Most / 2, CallerFlows.Most);
        Assert.All(first.Where(flow => _flows.Find(flow.Caller) is null), flow => Assert.True(flow.Ends.IsCancellationRequested));
        Assert.All(first.Where(flow => _flows.Find(flow.Caller) is not null), flow => Assert.False(flow.Ends.IsCancellationRequested));
    }

    [Fact]
    public async Task Whoever_got_the_answer_to_its_only_question_makes_room_before_those_that_have_been_silent_for_longer()
    {
        UdpFlow[] silent = [.. Enumerable.Range(0, CallerFlows.Most - 1).Select(Add)];
        _time.Advance(TimeSpan.FromSeconds(1));
        UdpFlow answered = Add(CallerFlows.Most);
        using var originals = new DatagramSockets();
        Task running = answered.ToOriginalAsync(originals.Near, CancellationToken.None);
        answered.Offer([1]);
        await originals.ArriveAsync();
        originals.Answer();
        await _callers.ArriveAsync();
        Assert.True(answered.IsAnswered);

        Add(CallerFlows.Most + 1);

        await Record.ExceptionAsync(() => running.WaitAsync(Deadline.Token));
        Assert.Null(_flows.Find(answered.Caller));
        Assert.True(silent.Count(flow => _flows.Find(flow.Caller) is null) < silent.Length / 2);
    }

    private UdpFlow Add(int number)
    {
        // The last one is the one that is answered, through a socket that sends to nobody but its peer.
        var caller = number == CallerFlows.Most ? (IPEndPoint)_callers.Far.LocalEndPoint! : new IPEndPoint(IPAddress.Parse("10.0.0.1"), number + 1);
        var flow = new UdpFlow(caller, _callers.Near, _waiting, _time);
        _flows.Add(flow);
        return flow;
    }
}
