using System.Text.Json;
using System.Text.Json.Nodes;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>
/// What a workload says of its own change, in an annotation:
/// <code>{"uid": attachment's, "container": name, "swaps": 1, "placeholder": {fields put in}, "original": {fields taken out}}</code>
/// It is there twice: in the template, whose revisions keep it, so that whoever rolls back to a placeholder brings its record too;
/// and on the workload, for when the template is written anew without it.
/// </summary>
/// <param name="Swaps">How often the workload was changed for the attachment: more than once when somebody else has undone it.</param>
internal sealed record SwapRecord(string Uid, string Container, int Swaps, JsonObject Placeholder, JsonObject Original)
{
    public const string Annotation = "landline.dev/replaced";

    /// <summary>What the pods of this swap are marked with: those of another swap may be anything.</summary>
    public string Mark => Swaps == 1 ? Uid : $"{Uid}.{Swaps}";

    /// <summary>Null when there is none, or somebody has edited it: then nothing here is ours to undo. The template's is the one of its own placeholder.</summary>
    public static SwapRecord? Of(JsonObject workload) => In(workload["spec"]?["template"]) ?? In(workload);

    public string ToJson() => new JsonObject
    {
        ["uid"] = Uid, ["container"] = Container, ["swaps"] = Swaps, ["placeholder"] = Placeholder, ["original"] = Original,
    }.ToJsonString();

    /// <summary>Whether a field of the container is as the placeholder has it, which for most is: not there.</summary>
    public bool IsPlaceholders(string field, JsonNode? value) =>
        JsonNode.DeepEquals(Placeholder[field], value)
        || (field == "image" && value is JsonValue image && IsSameImage(image.ToString()));

    private static SwapRecord? In(JsonNode? annotated)
    {
        try
        {
            return (annotated?["metadata"]?["annotations"] as JsonObject)?[Annotation] is JsonValue text
                && JsonNode.Parse(text.ToString()) is JsonObject json
                && Text(json, "uid") is { } uid && Text(json, "container") is { } container
                && json["swaps"] is JsonValue number && number.TryGetValue(out int swaps)
                && json["placeholder"] is JsonObject placeholder && json["original"] is JsonObject original
                    ? new SwapRecord(uid, container, swaps, placeholder, original)
                    : null;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null; // An ArgumentException: a name is there twice.
        }
    }

    // Policies of the cluster add a digest to images, or have them come from a mirror: that is nobody's rollout.
    private bool IsSameImage(string image)
    {
        string placeholder = Text(Placeholder, "image") ?? "";
        int host = placeholder.IndexOf('/', StringComparison.Ordinal);
        string path = host > 0 && placeholder[..host] is var first && (first.Contains('.', StringComparison.Ordinal)
            || first.Contains(':', StringComparison.Ordinal) || first == "localhost") ? placeholder[(host + 1)..] : placeholder;
        return path.Length > 0 && (image == path || image.EndsWith($"/{path}", StringComparison.Ordinal)
            || image.StartsWith($"{path}@", StringComparison.Ordinal) || image.Contains($"/{path}@", StringComparison.Ordinal));
    }

    private static string? Text(JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
