using System.Diagnostics;
using Landline.Benchmarks.Networks;
using Landline.Cluster.Agent.Capture;
using Landline.Cluster.Agent.Containers;
using Landline.Cluster.Agent.Control;
using Landline.Cluster.Agent.Sessions;
using Landline.Cluster.Agent.Wiretap;
using Landline.Cluster.Hosting;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using AttachedPod = Landline.Cluster.Agent.Capture.AttachedPod;

namespace Landline.FunctionalTests.AgentCapture;

/// <summary>The kubelet makes a pod's sandbox anew when it has died: it stays the same pod, in another network namespace.</summary>
public sealed class NewSandboxTests
{
    [RootFact]
    public async Task A_pod_whose_sandbox_was_made_anew_is_captured_in_the_new_one_and_left_in_the_old_one()
    {
        await using NamespacePair network = await NamespacePair.CreateAsync();
        await using WorkstationStandIn workstation = await WorkstationStandIn.StartAsync();
        using var proc = new ProcStandIn();
        using var stop = new CancellationTokenSource();
        var live = new LiveAttachments(TimeProvider.System);
        var containers = new ContainerFinder(proc.Path);
        var parts = new PodParts(
            proc.Path, containers, new ConnectionOwner(proc.Path, containers), live, new WorkstationDial(workstation.AgentSide, TimeProvider.System),
            new TrackedTasks(NullLogger.Instance), SpareTime.OfNode("/proc", TimeProvider.System), TimeProvider.System);
        using Process first = await proc.StartContainerAsync(network.Cluster);
        await using var pod = new AttachedPod(parts, static () => { }, NullLogger.Instance);
        pod.SetDesired(
        [
            CapturedPod.Intercept() with { Pod = new AgentPod { Name = "web-0", Uid = "u", Addresses = ["10.0.0.1"], ContainerId = ProcStandIn.ContainerId } },
        ]);
        Task running = pod.RunAsync(static () => true, stop.Token);
        await CapturedInAsync(network.Cluster);

        first.Kill();
        proc.Remove(first.Id);
        using Process second = await proc.StartContainerAsync(network.Workstation);
        await CapturedInAsync(network.Workstation);

        Assert.Empty(await RulesAsync(network.Cluster));
        pod.SetDesired([]);
        await running.WaitAsync(Deadline.Token);
        Assert.Empty(await RulesAsync(network.Workstation));
        second.Kill();

        async Task CapturedInAsync(string name)
        {
            while (!(await RulesAsync(name)).Contains("elements = { 8080", StringComparison.Ordinal))
            {
                live.Hear(new LiveMessage { Attachments = [CapturedPod.Attachment] });
                pod.Wake();
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Deadline.Token);
            }
        }
    }

    private static Task<string> RulesAsync(string name) => NamespacePair.RunAsync(name, "nft", "list", "ruleset");
}
