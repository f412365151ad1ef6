using System.Globalization;
using System.Text.Json.Nodes;

namespace Landline.TestSupport;

/// <summary>
/// The objects of a fake cluster, of any kind, with versions and a history that watches read. Every method may be
/// called from any thread.
/// </summary>
public sealed class FakeApiServerObjects
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly List<(long Version, string Path, string Type, JsonObject Item)> _history = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version = 100;
    private long _forgotten;

    public long Version
    {
        get
        {
            lock (_lock)
            {
                return _version;
            }
        }
    }

    /// <summary>Stores an object at its path, such as <c>/api/v1/namespaces/default/pods/web</c>, and returns it as stored.</summary>
    public JsonObject Put(string path, JsonObject item)
    {
        lock (_lock)
        {
            bool existed = _objects.TryGetValue(path, out JsonObject? before);
            var stored = (JsonObject)item.DeepClone();
            JsonObject metadata = stored["metadata"] as JsonObject ?? [];
            stored["metadata"] = metadata;
            metadata["name"] ??= path[(path.LastIndexOf('/') + 1)..];
            string[] parts = path.Split('/');
            int namespaces = Array.IndexOf(parts, "namespaces");
            if (namespaces >= 0 && parts.Length > namespaces + 3)
            {
                metadata["namespace"] = parts[namespaces + 1];
            }

            metadata["uid"] = existed ? before!["metadata"]!["uid"]!.ToString() : Guid.NewGuid().ToString();
            metadata["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
            _objects[path] = stored;
            Record(path, existed ? "MODIFIED" : "ADDED", stored);
            return (JsonObject)stored.DeepClone();
        }
    }

    public JsonObject? Get(string path)
    {
        lock (_lock)
        {
            return _objects.TryGetValue(path, out JsonObject? item) ? (JsonObject)item.DeepClone() : null;
        }
    }

    /// <summary>With everything that it owns, which in a real cluster the garbage collector does.</summary>
    public bool Delete(string path)
    {
        lock (_lock)
        {
            if (!_objects.Remove(path, out JsonObject? item))
            {
                return false;
            }

            var last = (JsonObject)item.DeepClone();
            last["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
            Record(path, "DELETED", last);
            string uid = last["metadata"]!["uid"]!.ToString();
            foreach (string owned in _objects.Where(entry => IsOwned(entry.Value, uid)).Select(entry => entry.Key).ToArray())
            {
                Delete(owned);
            }

            return true;
        }
    }

    /// <summary>Everything in a collection, of all namespaces when its path names none.</summary>
    public IReadOnlyList<JsonObject> List(string collection)
    {
        lock (_lock)
        {
            return [.. _objects.Where(entry => IsIn(entry.Key, collection)).Select(entry => (JsonObject)entry.Value.DeepClone())];
        }
    }

    /// <summary>Forgets the history, as etcd does when it compacts: older versions are answered with 410 Gone.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _history.Clear();
            _forgotten = _version;
        }
    }

    /// <summary>What happened in a collection after a version; null when that has been forgotten.</summary>
    /// <param name="reached">The version up to which this is everything.</param>
    /// <param name="changed">Completes when there is more.</param>
    public IReadOnlyList<(string Type, JsonObject Item)>? After(
        string collection, long version, out long reached, out Task changed)
    {
        lock (_lock)
        {
            reached = _version;
            changed = _changed.Task;
            return version < _forgotten
                ? null
                : [.. _history.Where(entry => entry.Version > version && IsIn(entry.Path, collection))
                    .Select(entry => (entry.Type, (JsonObject)entry.Item.DeepClone()))];
        }
    }

    private static bool IsOwned(JsonObject item, string owner) =>
        item["metadata"]!["ownerReferences"] is JsonArray owners && owners.Any(reference => reference!["uid"]?.ToString() == owner);

    private static bool IsIn(string path, string collection)
    {
        string parent = path[..path.LastIndexOf('/')];
        int namespaces = parent.IndexOf("/namespaces/", StringComparison.Ordinal);
        return parent == collection
            || (namespaces >= 0 && parent[..namespaces] + parent[parent.LastIndexOf('/')..] == collection);
    }

    private void Record(string path, string type, JsonObject item)
    {
        _history.Add((_version, path, type, item));
        _changed.SetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
