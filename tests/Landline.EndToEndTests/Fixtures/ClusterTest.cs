using System.Text;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// Base of all test classes: when a test fails, its namespace is kept and everything that helps to understand the failure is written to
/// <c>artifacts/test-logs/TEST/</c>.
/// </summary>
public abstract class ClusterTest(ClusterScene scene) : IAsyncDisposable
{
    protected TestNamespace Namespace => scene.Namespace;

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (TestContext.Current.TestState?.Result == TestResult.Failed && Lab.IsUp)
        {
            Namespace.Keep = true;
            await CollectAsync(TestContext.Current.Test!.TestDisplayName);
        }
    }

    private async Task CollectAsync(string test)
    {
        string folder = Path.Combine(SourceTree.Artifacts, "test-logs", string.Concat(test.Split(Path.GetInvalidFileNameChars())));
        Directory.CreateDirectory(folder);
        await WriteAsync(folder, "status.txt", Laptop.Root.LandlineAsync("status"));
        await WriteAsync(folder, "landline-logs.txt", Laptop.Root.LandlineAsync("logs"));
        await WriteAsync(folder, "laptop.txt", Laptop.Root.RunAsync("sh", "-c", "cat /etc/resolv.conf; ip addr; ip route show table all; ss -tnp; ps ax"));
        await WriteAsync(folder, "pods.txt", Kubectl.RunAsync("get", "pods,services,endpoints", "-A", "-o", "wide"));
        await WriteAsync(folder, "namespace.txt", Kubectl.RunAsync("-n", Namespace.Name, "describe", "all"));
        await WriteAsync(folder, "events.txt", Kubectl.RunAsync("get", "events", "-A", "--sort-by=.lastTimestamp"));
        await WriteAsync(folder, "connections.yaml", Kubectl.RunAsync("get", "connections.landline.dev,attachments.landline.dev", "-A", "-o", "yaml"));
        await WriteAsync(folder, "manager.txt", Kubectl.RunAsync("-n", LabFixture.ManagerNamespace, "logs", "-l", "app.kubernetes.io/name=landline-manager", "--tail=2000"));
        await WriteAsync(folder, "agents.txt", Kubectl.RunAsync("-n", LabFixture.ManagerNamespace, "logs", "-l", "app.kubernetes.io/name=landline-agent", "--tail=2000", "--prefix"));
    }

    private static async Task WriteAsync(string folder, string file, Task<ProgramResult> collected)
    {
        ProgramResult result = await collected;
        var text = new StringBuilder(result.Output).Append(result.Errors);
        await File.WriteAllTextAsync(Path.Combine(folder, file), text.ToString(), CancellationToken.None);
    }
}
