using System.Net;
using System.Net.Sockets;
using Landline.Benchmarks.Networks;
using Landline.Protocol.Api;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentCapture;

/// <summary>Callers in the pod itself: those of the container whose port it is, as exec probes are, and everybody else.</summary>
public sealed class InsideCallerTests
{
    private static readonly string SecondContainer = new('b', 64);

    [RootTheory]
    [InlineData(PortProtocol.Tcp, "127.0.0.1")]
    [InlineData(PortProtocol.Tcp, NamespacePair.ClusterAddress)]
    [InlineData(PortProtocol.Udp, "127.0.0.1")]
    [InlineData(PortProtocol.Udp, "127.0.0.53")]
    [InlineData(PortProtocol.Udp, "::1")]
    [InlineData(PortProtocol.Udp, NamespacePair.ClusterAddress)]
    [InlineData(PortProtocol.Udp, NamespacePair.ClusterAddressV6)]
    public async Task A_containers_own_questions_reach_the_original_and_those_of_others_do_not(PortProtocol protocol, string address)
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        await pod.ApplyAsync(CapturedPod.Intercept(protocol: protocol) with { Pod = pod.Pod });
        Assert.Equal("workstation", await AskAsync(pod, protocol, address)); // A mesh's proxy, perhaps.

        pod.EnterContainer(ProcStandIn.ContainerId);

        Assert.Equal("original", await AskAsync(pod, protocol, address));
        Assert.Single(pod.Workstation.Opened);
    }

    [RootFact]
    public async Task The_own_questions_of_a_container_that_is_attached_later_or_was_restarted_reach_the_original_too()
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        AgentAttachment first = CapturedPod.Intercept() with { Pod = pod.Pod };
        AgentAttachment second = first with { Uid = "second", Pod = SecondOf(pod) };
        await pod.ApplyAsync(first);
        pod.EnterContainer(SecondContainer);
        Assert.Equal("workstation", await AskAsync(pod, PortProtocol.Tcp, "127.0.0.1"));

        await pod.ApplyAsync(first with { Ports = [new AttachedPort { Port = 9090 }] }, second);

        Assert.Equal("original", await AskAsync(pod, PortProtocol.Tcp, "127.0.0.1"));
    }

    [RootTheory]
    [InlineData(PortProtocol.Tcp)]
    [InlineData(PortProtocol.Udp)]
    public async Task What_a_container_asks_its_neighbour_reaches_the_workstation_whoever_is_attached_to_the_container(PortProtocol protocol)
    {
        await using CapturedPod pod = await CapturedPod.StartAsync();
        pod.SetContainers(pod.Pod, SecondOf(pod));
        AgentAttachment neighbour = CapturedPod.Intercept(protocol: protocol) with { Pod = pod.Pod };
        AgentAttachment own = neighbour with { Uid = "own", Pod = SecondOf(pod), Ports = [new AttachedPort { Port = 9090, Protocol = protocol }] };
        pod.EnterContainer(SecondContainer);

        await pod.ApplyAsync(neighbour);
        Assert.Equal("workstation", await AskAsync(pod, protocol, "127.0.0.1"));

        await pod.ApplyAsync(neighbour, own);
        Assert.Equal("workstation", await AskAsync(pod, protocol, "127.0.0.1"));
    }

    private static AgentPod SecondOf(CapturedPod pod) => pod.Pod with { ContainerId = "containerd://" + SecondContainer };

    private static async Task<string> AskAsync(CapturedPod pod, PortProtocol protocol, string address)
    {
        var target = new IPEndPoint(IPAddress.Parse(address), CapturedPod.Port);
        using Socket caller = pod.InsideCaller(protocol == PortProtocol.Tcp ? SocketType.Stream : SocketType.Dgram, target.AddressFamily);
        await caller.ConnectAsync(target, Deadline.Token);
        return await (protocol == PortProtocol.Tcp ? CapturedPod.AskAsync(caller) : CapturedPod.AskByDatagramAsync(caller));
    }
}
