using System.Text.Json.Nodes;

namespace Landline.Kubernetes.Configuration;

/// <summary>
/// One named cluster, user or context (or a part of one) with the file it stands in, so that paths are resolved
/// against that file and every complaint names it.
/// </summary>
internal sealed class KubeconfigEntry(string title, string file, JsonObject content)
{
    /// <summary>Full path of the file.</summary>
    public string File => file;

    /// <summary>Null when the field is missing or empty, which kubectl takes for the same.</summary>
    public string? Text(string field) => content[field] switch
    {
        null => null,
        JsonValue value => value.ToString() is { Length: > 0 } text ? text : null,
        _ => throw Problem($"'{field}' must be a text"),
    };

    public bool Flag(string field) => Text(field) switch
    {
        null or "false" or "False" or "FALSE" => false,
        "true" or "True" or "TRUE" => true,
        string other => throw Problem($"'{field}' must be true or false, not '{other}'"),
    };

    /// <summary>A path, relative to the file that says it.</summary>
    public string? Path(string field) =>
        Text(field) is { } path ? System.IO.Path.GetFullPath(path, System.IO.Path.GetDirectoryName(file)!) : null;

    public byte[]? Data(string field)
    {
        try
        {
            return Text(field) is { } text ? Convert.FromBase64String(text) : null;
        }
        catch (FormatException e)
        {
            throw Problem($"'{field}' is not base64", null, e);
        }
    }

    public IReadOnlyList<string> Texts(string field) => content[field] switch
    {
        null => [],
        JsonArray items => [.. items.Select(item => item is JsonValue value
            ? value.ToString()
            : throw Problem($"'{field}' must be a list of texts"))],
        _ => throw Problem($"'{field}' must be a list"),
    };

    public KubeconfigEntry? Child(string field) => Child(field, title);

    public KubeconfigEntry? Child(string field, string childTitle) => content[field] switch
    {
        null => null,
        JsonObject child => new KubeconfigEntry(childTitle, file, child),
        _ => throw Problem($"'{field}' must be a mapping"),
    };

    public IReadOnlyList<KubeconfigEntry> Children(string field) => content[field] switch
    {
        null => [],
        JsonArray items => [.. items.Select(item => item is JsonObject child
            ? new KubeconfigEntry(title, file, child)
            : throw Problem($"'{field}' must be a list of mappings"))],
        _ => throw Problem($"'{field}' must be a list"),
    };

    public IReadOnlyDictionary<string, IReadOnlyList<string>> TextsByName(string field) => Child(field) is { } child
        ? child.Names.ToDictionary(name => name, child.Texts)
        : new Dictionary<string, IReadOnlyList<string>>();

    public KubernetesConfigurationException Problem(string what) => Problem(what, null, null);

    public KubernetesConfigurationException Problem(string what, string? hint, Exception? cause) =>
        new($"In {title} of {file}, {what}.", hint, cause);

    private IEnumerable<string> Names => content.Select(pair => pair.Key);
}
