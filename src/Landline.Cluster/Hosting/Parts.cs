namespace Landline.Cluster.Hosting;

/// <summary>
/// Tasks that are of use only together. <see cref="Task.WhenAll(Task[])"/> would wait for all of them: a part that a defect has
/// ended would be missed by nobody for as long as the others run.
/// </summary>
internal static class Parts
{
    /// <summary>Runs until one of them ends in whatever way; then the others are told to, and what has ended the first one is thrown.</summary>
    public static async Task RunAsync(IEnumerable<Func<CancellationToken, Task>> parts, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] running = [.. parts.Select(part => part(stop.Token))];
        Task first = await Task.WhenAny(running);
        await stop.CancelAsync();
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }
}
