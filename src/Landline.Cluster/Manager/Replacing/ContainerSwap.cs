using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Attachments;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>
/// Changes one container of a workload's pod template into a placeholder that does nothing, and back. Name, environment,
/// ports, mounts, limits and identity stay; what makes it the original (image, command) or would fail without the original
/// (probes, hooks) is taken out and kept in a <see cref="SwapRecord"/>. Pure: works on the object's JSON.
/// </summary>
internal static class ContainerSwap
{
    /// <summary>On the pods: which swap they come from (<see cref="SwapRecord.Mark"/>).</summary>
    public const string PodAnnotation = "landline.dev/replaced-by";

    /// <summary>On the workload, so that it can be found.</summary>
    public const string Label = "landline.dev/replaced";

    private static readonly string[] TakenOut =
        ["image", "imagePullPolicy", "command", "args", "workingDir", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"];

    /// <summary>Uid of the attachment that the workload is changed for; null when it is not.</summary>
    public static string? UidOf(JsonObject workload) => SwapRecord.Of(workload)?.Uid;

    /// <summary>Uid of the attachment whose placeholder a pod has; null when it has none.</summary>
    public static string? UidOf(Replica pod) => pod.Annotations.GetValueOrDefault(PodAnnotation)?.Split('.')[0];

    /// <summary>The template says that it has a placeholder, and nothing says (any more) what stood there before.</summary>
    public static bool HasLostRecord(JsonObject workload) => MarkOf(workload) is not null && SwapRecord.Of(workload) is null;

    /// <summary>
    /// Which pods are placeholders, and how often the workload had to be changed; null when the template is not (any more) as
    /// <see cref="Replace"/> has made it: somebody else has put the original back, or brought another one.
    /// </summary>
    public static (string Mark, int Swaps)? Find(JsonObject workload, string uid) =>
        SwapRecord.Of(workload) is { } record && record.Uid == uid
        && FindContainer(workload, record.Container) is { } container
        && record.IsPlaceholders("image", container["image"])
        && record.IsPlaceholders("command", container["command"])
        && MarkOf(workload) == record.Mark
            ? (record.Mark, record.Swaps)
            : null;

    /// <summary>How often the workload was changed for its attachment; 0 when it is not.</summary>
    public static int SwapsOf(JsonObject workload) => SwapRecord.Of(workload)?.Swaps ?? 0;

    /// <param name="image">An image with a shell; a placeholder needs nothing else, and little memory.</param>
    /// <param name="swaps">How often this has been done for the attachment, this time included.</param>
    /// <returns>False when there is no such container, or the workload is changed already.</returns>
    public static bool Replace(JsonObject workload, string container, string uid, int swaps, string image, string pullPolicy)
    {
        if (FindContainer(workload, container) is not { } target || SwapRecord.Of(workload) is not null)
        {
            return false;
        }

        var original = new JsonObject();
        foreach (string field in TakenOut)
        {
            if (target.ContainsKey(field))
            {
                original[field] = target[field]?.DeepClone();
                target.Remove(field);
            }
        }

        var placeholder = new JsonObject
        {
            ["image"] = image,
            ["imagePullPolicy"] = pullPolicy,

            // The first process of a container gets no default for SIGTERM: without the trap each pod would end by SIGKILL.
            ["command"] = new JsonArray("/bin/sh", "-c", "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"),
        };
        foreach ((string field, JsonNode? value) in placeholder)
        {
            target[field] = value!.DeepClone();
        }

        var record = new SwapRecord(uid, container, swaps, placeholder, original);
        string json = record.ToJson();
        Child(Child(workload, "metadata"), "annotations")[SwapRecord.Annotation] = json;
        Child(Child(workload, "metadata"), "labels")[Label] = "true";
        JsonObject onPods = Child(Child(Child(Child(workload, "spec"), "template"), "metadata"), "annotations");
        onPods[PodAnnotation] = record.Mark;
        onPods[SwapRecord.Annotation] = json;
        return true;
    }

    /// <summary>
    /// Undoes <see cref="Replace"/>. What somebody has set meanwhile (a new version is rolled out) stays as they want it, field by field.
    /// </summary>
    /// <returns>False when there is nothing to undo.</returns>
    public static bool Restore(JsonObject workload)
    {
        if (SwapRecord.Of(workload) is not { } record)
        {
            return false;
        }

        if (FindContainer(workload, record.Container) is { } target)
        {
            // Arguments are those of a command: another command than the original's would be given what it does not know.
            bool hasOwnCommand = !record.IsPlaceholders("command", target["command"]);
            foreach (string field in TakenOut)
            {
                if (record.IsPlaceholders(field, target[field]) && !(field == "args" && hasOwnCommand))
                {
                    target.Remove(field);
                    if (record.Original.ContainsKey(field))
                    {
                        target[field] = record.Original[field]?.DeepClone();
                    }
                }
            }
        }

        Remove(workload, SwapRecord.Annotation, "metadata", "annotations");
        Remove(workload, Label, "metadata", "labels");
        Remove(workload, SwapRecord.Annotation, "spec", "template", "metadata", "annotations");
        Remove(workload, PodAnnotation, "spec", "template", "metadata", "annotations");
        return true;
    }

    private static string? MarkOf(JsonObject workload) =>
        (workload["spec"]?["template"]?["metadata"]?["annotations"]?[PodAnnotation] as JsonValue)?.ToString();

    private static JsonObject? FindContainer(JsonObject workload, string name) =>
        (workload["spec"]?["template"]?["spec"]?["containers"] as JsonArray)?
            .OfType<JsonObject>()
            .FirstOrDefault(container => (container["name"] as JsonValue)?.ToString() == name);

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
