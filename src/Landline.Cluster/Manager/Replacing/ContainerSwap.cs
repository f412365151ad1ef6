using System.Text.Json.Nodes;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>
/// Changes one container of a workload's pod template into a placeholder that does nothing, and back. Name, environment,
/// ports, mounts, limits and identity stay; what makes it the original (image, command) or would fail without the original
/// (probes, hooks) is taken out and kept in an annotation on the workload. Pure: works on the object's JSON.
/// </summary>
internal static class ContainerSwap
{
    /// <summary>On the workload: what was taken out, and for which attachment.</summary>
    public const string RecordAnnotation = "landline.dev/replaced";

    /// <summary>On the pods: uid of the attachment.</summary>
    public const string PodAnnotation = "landline.dev/replaced-by";

    /// <summary>On the workload, so that it can be found.</summary>
    public const string Label = "landline.dev/replaced";

    private static readonly string[] TakenOut =
        ["image", "imagePullPolicy", "command", "args", "workingDir", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"];

    /// <summary>Uid of the attachment that the workload is changed for; null when it is not.</summary>
    public static string? UidOf(JsonObject workload) => RecordOf(workload)?["uid"]?.GetValue<string>();

    /// <param name="image">An image with a shell; a placeholder needs nothing else, and little memory.</param>
    /// <returns>False when there is no such container, or it is a placeholder already.</returns>
    public static bool Replace(JsonObject workload, string container, string uid, string image, string pullPolicy)
    {
        if (FindContainer(workload, container) is not { } target || RecordOf(workload) is not null)
        {
            return false;
        }

        var original = new JsonObject();
        foreach (string field in TakenOut)
        {
            if (target.ContainsKey(field))
            {
                original[field] = target[field]!.DeepClone();
                target.Remove(field);
            }
        }

        target["image"] = image;
        target["imagePullPolicy"] = pullPolicy;

        // The first process of a container gets no default for SIGTERM: without the trap each pod would end by SIGKILL.
        target["command"] = new JsonArray("/bin/sh", "-c", "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done");
        var record = new JsonObject { ["uid"] = uid, ["container"] = container, ["image"] = image, ["original"] = original };
        Child(Child(workload, "metadata"), "annotations")[RecordAnnotation] = record.ToJsonString();
        Child(Child(workload, "metadata"), "labels")[Label] = "true";
        Child(Child(Child(Child(workload, "spec"), "template"), "metadata"), "annotations")[PodAnnotation] = uid;
        return true;
    }

    /// <summary>
    /// Undoes <see cref="Replace"/>. What somebody has set meanwhile (a new image is rolled out) stays as they want it.
    /// </summary>
    /// <returns>False when there is nothing to undo.</returns>
    public static bool Restore(JsonObject workload)
    {
        if (RecordOf(workload) is not { } record)
        {
            return false;
        }

        if (record["container"]?.GetValue<string>() is { } name
            && FindContainer(workload, name) is { } target
            && record["original"] is JsonObject original)
        {
            bool ownImage = target["image"]?.GetValue<string>() == record["image"]?.GetValue<string>();
            foreach (string field in TakenOut)
            {
                bool ours = field is "image" or "imagePullPolicy" or "command";
                if (ours ? field == "command" || ownImage : !target.ContainsKey(field))
                {
                    target.Remove(field);
                    if (original.ContainsKey(field))
                    {
                        target[field] = original[field]!.DeepClone();
                    }
                }
            }
        }

        Remove(workload, RecordAnnotation, "metadata", "annotations");
        Remove(workload, Label, "metadata", "labels");
        Remove(workload, PodAnnotation, "spec", "template", "metadata", "annotations");
        return true;
    }

    private static JsonObject? RecordOf(JsonObject workload)
    {
        try
        {
            return workload["metadata"]?["annotations"]?[RecordAnnotation]?.GetValue<string>() is { } text
                ? JsonNode.Parse(text) as JsonObject
                : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null; // Somebody has edited it: nothing here is ours to undo.
        }
    }

    private static JsonObject? FindContainer(JsonObject workload, string name) =>
        (workload["spec"]?["template"]?["spec"]?["containers"] as JsonArray)?
            .OfType<JsonObject>()
            .FirstOrDefault(container => container["name"]?.GetValue<string>() == name);

    private static JsonObject Child(JsonObject parent, string name)
    {
        if (parent[name] is not JsonObject child)
        {
            parent[name] = child = [];
        }

        return child;
    }

    // An empty map is taken out too, so that the object is the same as before.
    private static void Remove(JsonObject root, string key, params string[] path)
    {
        JsonObject? parent = null;
        JsonObject? at = root;
        foreach (string name in path)
        {
            (parent, at) = (at, at?[name] as JsonObject);
        }

        at?.Remove(key);
        if (at is { Count: 0 })
        {
            parent!.Remove(path[^1]);
        }
    }
}
