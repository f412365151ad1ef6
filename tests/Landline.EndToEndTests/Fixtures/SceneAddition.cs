namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// What one class needs beside the scene that it shares, in its namespace, where it stays: a class has names of its own for it.
/// </summary>
public abstract class SceneAddition(ClusterScene scene) : IAsyncLifetime
{
    protected ClusterScene Scene => scene;

    public ValueTask InitializeAsync() => Lab.IsUp ? new ValueTask(DeployAsync()) : ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Lab.IsUp ? new ValueTask(RemoveAsync()) : ValueTask.CompletedTask;
    }

    protected abstract Task DeployAsync();

    /// <summary>Undoes what is not in the namespace.</summary>
    protected virtual Task RemoveAsync() => Task.CompletedTask;
}
