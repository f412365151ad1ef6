using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>A cluster that does not admit agents: its user is told soon what to ask for, and nothing has changed.</summary>
[Collection(SharedAttachScene.Name)]
public sealed class AgentAdmissionTests(AttachScene scene) : ClusterTest(scene)
{
    /// <summary>Long before an attachment that does not come about is given up, in a minute.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [ClusterFact]
    public async Task A_policy_against_privileged_pods_is_told_in_its_own_words_until_it_is_lifted()
    {
        await using PrivilegedPodPolicy policy = await PrivilegedPodPolicy.EnforceAsync(Namespace.Name);

        await AssertNotAdmittedAsync("no-privileged-pods.policy.example.com", "privileged pods are not allowed");

        Assert.True(policy.HasRefused);
        await PrivilegedPodPolicy.LiftAsync(Namespace.Name);
        (await Laptop.Root.LandlineAsync("intercept", AttachScene.Workload, "-p", "9080:8080")).Succeeded();
        (await Laptop.Root.LandlineAsync("detach", AttachScene.Workload)).Succeeded();
    }

    [ClusterFact]
    public async Task So_is_a_quota_that_has_no_room()
    {
        await Kubectl.ApplyAsync(
            """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: end-to-end, labels: {landline.dev/test: end-to-end}}
            spec: {hard: {pods: "0"}}
            """,
            "-n",
            LabFixture.ManagerNamespace);
        try
        {
            await Eventually.TrueAsync(TimeSpan.FromSeconds(20), "the quota is in force", async () =>
                (await Kubectl.JsonAsync("-n", LabFixture.ManagerNamespace, "get", "resourcequota", "end-to-end"))["status"]?["hard"] is not null);

            await AssertNotAdmittedAsync("exceeded quota: end-to-end");
        }
        finally
        {
            await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "delete", "resourcequota", "end-to-end");
        }
    }

    [ClusterFact]
    public async Task A_node_without_room_is_told_and_used_as_soon_as_it_has_some()
    {
        await RemoveAgentsAsync();
        await using FullNodes nodes = await FullNodes.FillAsync(Namespace.Name);

        await using ProgramRun intercept = Laptop.Root.StartLandline("intercept", AttachScene.Workload, "-p", "9080:8080");
        await Eventually.PassesAsync(TimeSpan.FromSeconds(30), async () =>
        {
            string message = await Namespace.KubectlAsync("get", "attachments.landline.dev", AttachScene.Workload, "-o", "jsonpath={.status.pods[*].message}");
            Assert.Contains("The agent's pod landline-agent-", message, StringComparison.Ordinal);
            Assert.Contains("does not start (OutOfcpu", message, StringComparison.Ordinal);
        });

        await nodes.MakeRoomAsync();
        (await intercept.EndAsync()).Succeeded();
        (await Laptop.Root.LandlineAsync("detach", AttachScene.Workload)).Succeeded();
    }

    private async Task AssertNotAdmittedAsync(params string[] words)
    {
        string before = await AttachScene.WorkloadAsync(Namespace.Name);
        await RemoveAgentsAsync();

        ProgramResult refused = await Laptop.Root.LandlineAsync("intercept", AttachScene.Workload, "-p", "9080:8080");

        (string sentence, string hint) = refused.FailedWithAdvice();
        Assert.Contains($"Namespace {LabFixture.ManagerNamespace} does not admit the agent's pod", sentence, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, sentence, StringComparison.Ordinal));
        Assert.Contains("Ask an administrator to admit what service account landline-agent runs there", hint, StringComparison.Ordinal);
        Assert.InRange(refused.Elapsed, TimeSpan.Zero, Soon);

        Assert.Equal("", await Namespace.KubectlAsync("get", "attachments.landline.dev", "-o", "name"));
        Assert.Empty(await AgentProcesses.PodsAsync());
        Assert.Equal(before, await AttachScene.WorkloadAsync(Namespace.Name));
        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, TimeSpan.Zero);
        Assert.StartsWith("hello from web-", await Caller.AskAsync(Namespace.Name, AttachScene.Workload), StringComparison.Ordinal);
        JsonNode status = await Laptop.Root.StatusAsync();
        Assert.Empty(status["warnings"]!.AsArray());
        Assert.Empty(status["connections"]![0]!["attachments"]!.AsArray());
    }

    private static Task RemoveAgentsAsync() => AgentProcesses.RemoveAsync();
}
