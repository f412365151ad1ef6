using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>Agents are there when they are needed, and only then.</summary>
[Collection(SharedAttachScene.Name)]
public sealed class AgentLifeTests(AttachScene scene) : ClusterTest(scene), IClassFixture<AgentLifeTests.ShortIdleTime>
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(3);

    /// <summary>The manager looks every second; a pod that has ended may be listed for ten seconds more, in a busy lab for a minute.</summary>
    private static readonly TimeSpan Gone = Idle + TimeSpan.FromSeconds(75);

    private static readonly TimeSpan ManagerIsBack = TimeSpan.FromSeconds(60);

    /// <summary>A manager that keeps agents without work for seconds only.</summary>
    public sealed class ShortIdleTime(AttachScene scene) : SceneAddition(scene)
    {
        protected override Task DeployAsync() => SetIdleAsync($"LANDLINE_AGENT_IDLE={Idle.TotalSeconds:0}");

        protected override Task RemoveAsync() => SetIdleAsync("LANDLINE_AGENT_IDLE-");

        // The next test finds the laptop connected to the new manager.
        private static async Task SetIdleAsync(string variable)
        {
            await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "set", "env", "deployment/landline-manager", variable);
            await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "rollout", "status", "deployment/landline-manager", "--timeout=60s");
            await Eventually.TrueAsync(
                ManagerIsBack, "the laptop is connected again", async () => await Laptop.Root.ConnectionStatusAsync() == "Connected");
        }
    }

    [ClusterFact]
    public async Task No_agent_is_left_after_its_idle_time_and_the_next_attachment_brings_it_back()
    {
        await AttachAndDetachAsync();
        await Eventually.TrueAsync(Gone, "the agents are gone", async () => (await AgentProcesses.PodsAsync()).Length == 0);
        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, TimeSpan.FromSeconds(30));

        await AttachAndDetachAsync();
    }

    private static async Task AttachAndDetachAsync()
    {
        (await Laptop.Root.LandlineAsync("intercept", AttachScene.Workload, "-p", "8080:8080")).Succeeded();
        try
        {
            Assert.NotEmpty(await AgentProcesses.PodsAsync());
        }
        finally
        {
            (await Laptop.Root.LandlineAsync("detach", AttachScene.Workload)).Succeeded();
        }
    }
}
