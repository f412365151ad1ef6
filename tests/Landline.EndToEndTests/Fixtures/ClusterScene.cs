namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// What the tests of one class share: a namespace with pods in it, and the state of the laptop before. Subclasses say what is deployed.
/// </summary>
public abstract class ClusterScene : IAsyncLifetime
{
    private TestNamespace? _namespace;
    private LaptopState? _before;

    public TestNamespace Namespace => _namespace ?? throw new InvalidOperationException("The lab is not up.");

    internal LaptopState Before => _before ?? throw new InvalidOperationException("The lab is not up.");

    public virtual async ValueTask InitializeAsync()
    {
        OneAtATime.Announce();
        await CommonScene.LeaveAsync();
        await SetUpAsync();
    }

    protected async Task SetUpAsync()
    {
        if (!Lab.IsUp)
        {
            return;
        }

        await Laptop.Root.LandlineAsync("quit", "--all");
        _before = await LaptopState.ReadAsync();
        _namespace = await TestNamespace.CreateAsync(Topic);
        await PrepareAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Interlocked.Exchange(ref _namespace, null) is { } created)
        {
            await Laptop.Root.LandlineAsync("quit", "--all");
            await created.DisposeAsync();
        }
    }

    /// <summary>A word for the namespace's name.</summary>
    protected abstract string Topic { get; }

    /// <summary>Deploys, and connects where the class's tests begin with a connection.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;
}
