using System.Text.Json;

namespace Landline.Kubernetes.Watching;

/// <summary>
/// What a watcher has reported so far, so that what was missed while it was not watching can be told from a new list.
/// Belongs to one enumeration.
/// </summary>
internal sealed class KnownObjects<T>
{
    private readonly Dictionary<string, (string? Uid, string? Version, T Item)> _objects = [];

    /// <summary>The differences between what was known and a whole collection, deletions first.</summary>
    public List<WatchEvent<T>> Replace(List<JsonElement> items, Func<JsonElement, T> convert)
    {
        var changes = new List<WatchEvent<T>>();
        var listed = new Dictionary<string, string?>(items.Count);
        foreach (JsonElement item in items)
        {
            ObjectIdentity identity = ObjectIdentity.Of(item);
            listed[identity.Key] = identity.Uid;
        }

        foreach ((string key, (string? uid, _, T item)) in _objects)
        {
            if (!listed.TryGetValue(key, out string? current) || current != uid)
            {
                _objects.Remove(key); // Dictionaries allow this while they are enumerated.
                changes.Add(new WatchEvent<T>.Deleted(item));
            }
        }

        changes.AddRange(items.Select(item => Store(item, convert)).OfType<WatchEvent<T>>());
        return changes;
    }

    /// <summary>Null when there is nothing to report.</summary>
    public WatchEvent<T>? Apply(WatchLine line, Func<JsonElement, T> convert)
    {
        if (line.Type == "DELETED")
        {
            _objects.Remove(ObjectIdentity.Of(line.Object).Key);
            return new WatchEvent<T>.Deleted(convert(line.Object));
        }

        return Store(line.Object, convert);
    }

    private WatchEvent<T>? Store(JsonElement json, Func<JsonElement, T> convert)
    {
        (string key, string? uid, string? version) = ObjectIdentity.Of(json);
        bool wasKnown = _objects.TryGetValue(key, out (string? Uid, string? Version, T Item) before);
        if (wasKnown && before.Uid == uid && before.Version is not null && before.Version == version)
        {
            return null;
        }

        T item = convert(json);
        _objects[key] = (uid, version, item);
        return wasKnown ? new WatchEvent<T>.Modified(item) : new WatchEvent<T>.Added(item);
    }
}
