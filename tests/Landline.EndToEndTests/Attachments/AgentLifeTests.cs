using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>Agents are there when they are needed, and only then.</summary>
public sealed class AgentLifeTests(AgentLifeTests.Scene scene) : ClusterTest(scene), IClassFixture<AgentLifeTests.Scene>
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(3);

    /// <summary>The manager looks every few seconds, and a pod that has ended may be listed until the kubelet clears up, once a minute.</summary>
    private static readonly TimeSpan Gone = Idle + TimeSpan.FromSeconds(75);

    /// <summary>A manager that keeps agents without work for seconds only.</summary>
    public sealed class Scene : AttachScene
    {
        protected override string Topic => "agents";

        protected override async Task PrepareAsync()
        {
            await SetIdleAsync($"LANDLINE_AGENT_IDLE={Idle.TotalSeconds:0}");
            await base.PrepareAsync();
        }

        public override async ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            await base.DisposeAsync();
            if (Lab.IsUp)
            {
                await SetIdleAsync("LANDLINE_AGENT_IDLE-");
            }
        }

        private static async Task SetIdleAsync(string variable)
        {
            await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "set", "env", "deployment/landline-manager", variable);
            await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "rollout", "status", "deployment/landline-manager", "--timeout=60s");
        }
    }

    [ClusterFact]
    public async Task No_agent_is_left_after_its_idle_time_and_the_next_attachment_brings_it_back()
    {
        for (int i = 0; i < 2; i++)
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

            await Eventually.TrueAsync(
                Gone, "the agents are gone", async () => (await AgentProcesses.PodsAsync()).Length == 0);
            await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, TimeSpan.FromSeconds(1));
        }
    }
}
