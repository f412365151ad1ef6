namespace Landline.Kubernetes.Watching;

/// <summary>A change to a watched collection.</summary>
public abstract record WatchEvent<T>
{
    private WatchEvent()
    {
    }

    /// <summary>An object that was not known before.</summary>
    public sealed record Added(T Item) : WatchEvent<T>;

    public sealed record Modified(T Item) : WatchEvent<T>;

    /// <summary>An object is gone; <paramref name="Item"/> is the last state that was seen.</summary>
    public sealed record Deleted(T Item) : WatchEvent<T>;

    /// <summary>
    /// Everything that existed at one moment has been reported. Comes again after each later listing.
    /// </summary>
    public sealed record Synced : WatchEvent<T>
    {
        private Synced()
        {
        }

        internal static Synced Instance { get; } = new();
    }
}
