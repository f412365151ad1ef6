using System.Diagnostics;
using Landline.Benchmarks.Networks;
using Landline.Cluster.Agent.Capture;
using Landline.Cluster.Agent.Containers;
using Landline.Cluster.Agent.Control;
using Landline.Cluster.Agent.Sessions;
using Landline.Cluster.Agent.Wiretap;
using Landline.Cluster.Hosting;
using Landline.Networking.Firewall;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using AttachedPod = Landline.Cluster.Agent.Capture.AttachedPod;

namespace Landline.FunctionalTests.AgentCapture;

/// <summary>A pod in whose network namespace the agent's rules are refused, because somebody else has a table of that name.</summary>
public sealed class RefusedRulesTests
{
    [RootFact]
    public async Task Only_those_fail_that_take_the_pods_traffic()
    {
        await using NamespacePair network = await NamespacePair.CreateAsync();
        await using OwnedNftTable others = await OwnedNftTable.StartAsync(
            $"/run/netns/{network.Cluster}", CaptureRules.Family, CaptureRules.Table, "", Deadline.Token);
        await using WorkstationStandIn workstation = await WorkstationStandIn.StartAsync();
        using var proc = new ProcStandIn();
        var live = new LiveAttachments(TimeProvider.System);
        var containers = new ContainerFinder(proc.Path);
        var parts = new PodParts(
            proc.Path, containers, new ConnectionOwner(proc.Path, containers), live, new WorkstationDial(workstation.AgentSide, TimeProvider.System),
            new TrackedTasks(NullLogger.Instance), SpareTime.OfNode("/proc", TimeProvider.System), TimeProvider.System);
        using Process process = await proc.StartContainerAsync(network.Cluster);
        await using var pod = new AttachedPod(parts, static () => { }, NullLogger.Instance);
        live.Hear(new LiveMessage { Attachments = ["shop/intercept", "shop/ingest", "shop/wiretap"] });
        pod.SetDesired([Of("intercept", AttachmentType.Intercept), Of("ingest", AttachmentType.Ingest), Of("wiretap", AttachmentType.Wiretap)]);
        Task running = pod.RunAsync(static () => true, Deadline.Token);
        while (pod.Reports.Count == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Deadline.Token);
        }

        Assert.Equal(
            [("shop/intercept", AttachedPodState.Failed), ("shop/ingest", AttachedPodState.Captured), ("shop/wiretap", AttachedPodState.Captured)],
            pod.Reports.Select(report => (report.Attachment, report.State)));
        Assert.NotNull(pod.Reports[0].Message);
        pod.SetDesired([]);
        await running.WaitAsync(Deadline.Token);
        process.Kill();
    }

    private static AgentAttachment Of(string name, AttachmentType type) => CapturedPod.Intercept() with
    {
        Attachment = $"shop/{name}",
        Uid = name,
        Type = type,
        Pod = new AgentPod { Name = "web-0", Uid = "u", Addresses = ["10.0.0.1"], ContainerId = ProcStandIn.ContainerId },
    };
}
