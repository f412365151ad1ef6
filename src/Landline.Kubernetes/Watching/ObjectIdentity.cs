using System.Text.Json;

namespace Landline.Kubernetes.Watching;

/// <summary>Which object a JSON text is about, and in which version, without knowing its kind.</summary>
internal readonly record struct ObjectIdentity(string Key, string? Uid, string? Version)
{
    public static ObjectIdentity Of(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object
            || !item.TryGetProperty("metadata", out JsonElement metadata)
            || metadata.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("An object without metadata.");
        }

        return new ObjectIdentity($"{Text("namespace")}/{Text("name")}", Text("uid"), Text("resourceVersion"));

        string? Text(string name) =>
            metadata.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;
    }
}
