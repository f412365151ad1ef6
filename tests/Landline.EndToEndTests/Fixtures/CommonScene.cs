using Landline.EndToEndTests.Attachments;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// One namespace and one connection for all tests that leave both as they are, which run three at a time: a deployment <c>web</c>
/// of two replicas, which is attached to, a deployment <c>server</c> that is not, and a pod that calls them. Made when the first test needs it,
/// and there until the first scene of another collection is made: its tests are over then, and its pods cost processor time.
/// </summary>
public sealed class CommonScene : ClusterScene
{
    private static CommonScene? _standing;

    private readonly Lock _lock = new();
    private Task? _preparation;

    protected override string Topic => "common";

    /// <summary>Nothing: a run of other tests does without it.</summary>
    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    internal Task PreparedAsync()
    {
        lock (_lock)
        {
            _standing = this;
            return _preparation ??= SetUpAsync();
        }
    }

    internal static ValueTask LeaveAsync() => Interlocked.Exchange(ref _standing, null)?.DisposeAsync() ?? ValueTask.CompletedTask;

    protected override async Task PrepareAsync()
    {
        await Namespace.DeployAsync(TestServer.Deployment(AttachScene.Workload, replicas: 2), TestServer.Deployment("server"), CallerPod.Manifest);
        await Laptop.Root.ConnectAsync(Namespace.Name);
        await AttachScene.StartAgentsAsync(Namespace.Name);
    }
}

/// <summary>A collection's hold on the common scene.</summary>
public sealed class CommonSceneUse(CommonScene scene) : IAsyncLifetime
{
    public ValueTask InitializeAsync() => new(scene.PreparedAsync());

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
