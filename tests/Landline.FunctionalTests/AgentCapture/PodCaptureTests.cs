using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Landline.Benchmarks.Networks;
using Landline.Cluster.Agent.Capture;
using Landline.Cluster.Agent.Sessions;
using Landline.Protocol.Api;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentCapture;

/// <summary>What a pod's callers see while its ports are captured, and when anything about that breaks.</summary>
public sealed class PodCaptureTests
{
    /// <summary>Promise 1, where something hangs.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(5);

    [RootFact]
    public async Task Connections_go_to_the_workstation_while_it_is_attached_and_to_the_original_afterwards()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        Assert.Equal("original", await pod.AskAsync());

        await pod.ApplyAsync(CapturedPod.Intercept());
        Assert.Equal("workstation", await pod.AskAsync());
        InboundOpen open = Assert.Single(pod.Workstation.Opened);
        Assert.Equal(NamespacePair.WorkstationAddress, open.SourceAddress);
        Assert.Equal(CapturedPod.Port, open.Port);

        await pod.ApplyAsync();
        Assert.Equal("original", await pod.AskAsync());
    }

    [RootFact]
    public async Task A_handler_that_refuses_is_stood_in_for_by_the_original()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        pod.Workstation.Handler = WorkstationStandIn.Mood.Refuses;
        await pod.ApplyAsync(CapturedPod.Intercept());

        Assert.Equal("original", await pod.AskAsync());
        Assert.Single(pod.Workstation.Opened);
    }

    [RootFact]
    public async Task A_handler_that_says_nothing_is_stood_in_for_by_the_original_in_time()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        pod.Workstation.Handler = WorkstationStandIn.Mood.IsSilent;
        await pod.ApplyAsync(CapturedPod.Intercept());
        pod.Time.Advance(TimeSpan.FromMilliseconds(1)); // The caller's patience is the only timer that is due when it ends.

        Task<string> answer = pod.AskAsync();
        await EventuallyAsync(() => Task.FromResult(pod.Workstation.Opened.Count == 1));
        await pod.Time.AdvanceToTimerAsync(WorkstationDial.Patience, Deadline.Token);

        Assert.Equal("original", await answer);
        Assert.InRange(WorkstationDial.Patience, TimeSpan.FromSeconds(1), Promised);
    }

    [RootFact]
    public async Task Whoever_would_rather_refuse_is_taken_at_their_word()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        pod.Workstation.Handler = WorkstationStandIn.Mood.Refuses;
        await pod.ApplyAsync(CapturedPod.Intercept(whenUnavailable: WhenUnavailable.Refuse));

        var failure = await Assert.ThrowsAsync<SocketException>(() => pod.AskAsync());
        Assert.Equal(SocketError.ConnectionReset, failure.SocketErrorCode);
    }

    [RootFact]
    public async Task Without_a_refresh_new_connections_reach_the_original_within_five_seconds()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync(PodCapture.Expiry);
        await EventuallyAsync(async () =>
        {
            await pod.ApplyAsync(CapturedPod.Intercept());
            return await pod.AskAsync() == "workstation";
        });

        await EventuallyAsync(async () => await pod.AskAsync() == "original");
        Assert.True(PodCapture.Expiry + LiveMessage.SilenceAllowed <= Promised);
        int asked = pod.Workstation.Opened.Count;
        Assert.Equal("original", await pod.AskAsync());
        Assert.Equal(asked, pod.Workstation.Opened.Count);
    }

    [RootFact]
    public async Task A_killed_owner_of_the_rules_gives_the_port_back_at_once()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        await pod.ApplyAsync(CapturedPod.Intercept());

        using (Process owner = Process.GetProcessById(pod.Capture.RulesOwnerId))
        {
            owner.Kill();
        }

        await pod.Capture.Ended.WaitAsync(Deadline.Token);
        Assert.Equal("original", await pod.AskAsync());
        Assert.Empty(await pod.RulesAsync());
    }

    [RootFact]
    public async Task A_connection_of_before_is_reset_when_it_next_asks()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        using Socket before = await pod.ConnectAsync();
        Assert.Equal("original", await CapturedPod.AskAsync(before));

        await pod.ApplyAsync(CapturedPod.Intercept());
        Assert.Equal("original", await CapturedPod.AskAsync(before)); // It was made a moment ago.

        pod.Time.Advance(TimeSpan.FromSeconds(1));
        await pod.ApplyAsync(CapturedPod.Intercept());
        await Assert.ThrowsAsync<SocketException>(() => CapturedPod.AskAsync(before));
        Assert.Equal("workstation", await pod.AskAsync());
    }

    [RootFact]
    public async Task A_connection_to_the_workstation_ends_soon_after_detaching()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        await pod.ApplyAsync(CapturedPod.Intercept());
        using Socket kept = await pod.ConnectAsync();
        Assert.Equal("workstation", await CapturedPod.AskAsync(kept));

        await pod.ApplyAsync();
        Assert.Equal("workstation", await CapturedPod.AskAsync(kept)); // What is under way is finished.

        pod.Time.Advance(CapturedPort.DrainTime);
        await Assert.ThrowsAsync<SocketException>(async () => await kept.ReceiveAsync(new byte[1], Deadline.Token));
    }

    [RootFact]
    public async Task The_kubelets_probes_are_answered_without_the_workstation()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync(NamespacePair.WorkstationAddress);
        pod.Workstation.Handler = WorkstationStandIn.Mood.IsSilent;
        await pod.ApplyAsync(CapturedPod.Intercept());

        pod.SetContainers(pod.Pod with { Probes = [new NamedProbe { Path = "/ready?full", UserAgent = "our-probe" }] });
        Assert.Equal("original", await pod.AskAsync("User-Agent: kube-probe/1.33\r\nAccept: */*\r\n", "/healthz"));
        Assert.Equal("original", await pod.AskAsync("User-Agent: kube-lifecycle/1.33\r\n", "/stop"));
        Assert.Equal("original", await pod.AskAsync("User-Agent: our-probe\r\n", "/ready?full"));
        using (Socket tcpProbe = await pod.ConnectAsync())
        {
            tcpProbe.Shutdown(SocketShutdown.Both);
        }

        Assert.Empty(pod.Workstation.Opened);
        pod.Workstation.Handler = WorkstationStandIn.Mood.Answers;
        Assert.Equal("workstation", await pod.AskAsync("User-Agent: curl/8\r\n"));
        Assert.Single(pod.Workstation.Opened);
    }

    [RootFact]
    public async Task A_filter_takes_the_requests_that_match_and_leaves_the_rest()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        var match = new HttpMatch { Headers = [new HttpValueMatch { Name = "x-user", Value = "alice" }] };
        await pod.ApplyAsync(CapturedPod.Intercept(match));

        using Socket caller = await pod.ConnectAsync();
        Assert.Equal("original", await CapturedPod.AskAsync(caller));
        Assert.Equal("workstation", await CapturedPod.AskAsync(caller, "X-User: alice\r\n"));
        Assert.Equal("original", await CapturedPod.AskAsync(caller, "X-User: bob\r\n"));
        Assert.True(Assert.Single(pod.Workstation.Opened).Http);
    }

    [RootFact]
    public async Task A_filter_that_cannot_see_into_TLS_is_known_to_miss_it()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        AgentAttachment attachment = CapturedPod.Intercept(new HttpMatch());
        await pod.ApplyAsync(attachment);
        Assert.Equal("workstation", await pod.AskAsync());
        Assert.False(pod.Capture.MissesRequests(attachment));

        using Socket caller = await pod.ConnectAsync();
        await caller.SendAsync((byte[])[22, 3, 1, 0, 2, 1, 0], Deadline.Token);
        Assert.NotEqual(0, await caller.ReceiveAsync(new byte[64], Deadline.Token));

        Assert.Single(pod.Workstation.Opened);
        Assert.True(pod.Capture.MissesRequests(attachment));
    }

    [RootFact]
    public async Task The_agents_own_port_gives_nothing_to_those_who_find_it()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        await pod.ApplyAsync(CapturedPod.Intercept());

        var own = new IPEndPoint(IPAddress.Parse(NamespacePair.ClusterAddress), pod.Capture.ListenerPort);
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using Socket stranger = await pod.ConnectAsync(own);
            await CapturedPod.AskAsync(stranger);
        });
        Assert.Empty(pod.Workstation.Opened);
    }

    [RootFact]
    public async Task A_filter_of_no_rules_takes_every_request_and_looks_at_each()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();

        await pod.ApplyAsync(CapturedPod.Intercept(new HttpMatch()));

        Assert.Equal("workstation", await pod.AskAsync());
        Assert.True(Assert.Single(pod.Workstation.Opened).Http);
    }

    [RootTheory]
    [InlineData(NamespacePair.ClusterAddress, NamespacePair.WorkstationAddress)]
    [InlineData(NamespacePair.ClusterAddressV6, "fd00:201::1")]
    public async Task A_handler_that_asks_for_it_is_told_the_callers_address_as_the_pod_would_see_it(string address, string callers)
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        pod.Workstation.Word = static request => request.Split("\r\n").SingleOrDefault(line => line.StartsWith("X-Forwarded-For", StringComparison.Ordinal)) ?? "nothing";
        var target = new IPEndPoint(IPAddress.Parse(address), CapturedPod.Port);

        await pod.ApplyAsync(CapturedPod.Intercept(new HttpMatch(), forwardSourceAddress: true));
        using Socket wanted = await pod.ConnectAsync(target);
        Assert.Equal($"X-Forwarded-For: {callers}", await CapturedPod.AskAsync(wanted));

        await pod.ApplyAsync(CapturedPod.Intercept(new HttpMatch()));
        using Socket unwanted = await pod.ConnectAsync(target);
        Assert.Equal("nothing", await CapturedPod.AskAsync(unwanted));
    }

    [RootTheory]
    [InlineData(NamespacePair.ClusterAddress)]
    [InlineData(NamespacePair.ClusterAddressV6)]
    public async Task Datagrams_go_to_the_workstation_and_back_to_the_original_for_one_and_the_same_caller(string address)
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        var target = new IPEndPoint(IPAddress.Parse(address), CapturedPod.Port);
        using Socket caller = pod.Caller(SocketType.Dgram, target.AddressFamily);
        await caller.ConnectAsync(target, Deadline.Token);
        Assert.Equal("original", await CapturedPod.AskByDatagramAsync(caller));

        // Where the kernel was not told in time to forget the caller, its datagrams go on to the original.
        await EventuallyAsync(async () =>
        {
            await pod.ApplyAsync();
            await pod.ApplyAsync(CapturedPod.Intercept(protocol: PortProtocol.Udp));
            return await CapturedPod.AskByDatagramAsync(caller) == "workstation";
        });
        Assert.Equal("workstation", await CapturedPod.AskByDatagramAsync(caller));
        Assert.Equal(PortProtocol.Udp, Assert.Single(pod.Workstation.Opened).Protocol);

        await pod.ApplyAsync();
        Assert.Equal("original", await CapturedPod.AskByDatagramAsync(caller));
    }

    [RootFact]
    public async Task Nothing_is_left_in_the_pod()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        await pod.ApplyAsync(CapturedPod.Intercept(), CapturedPod.Intercept(protocol: PortProtocol.Udp));
        using Socket kept = await pod.ConnectAsync();
        Assert.Equal("workstation", await CapturedPod.AskAsync(kept));

        await pod.LeaveAsync();

        Assert.Empty(await pod.RulesAsync());
        Assert.Equal("original", await pod.AskAsync());
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        CancellationToken deadline = Deadline.Token;
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, deadline);
        }
    }
}
