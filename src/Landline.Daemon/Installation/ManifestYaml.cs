using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Landline.Daemon.Installation;

/// <summary>Reads YAML documents as the JSON objects that the API server takes.</summary>
internal static class ManifestYaml
{
    public static IReadOnlyList<JsonObject> Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(static document => document.RootNode).OfType<YamlMappingNode>().Select(ToObject)];
    }

    private static JsonObject ToObject(YamlMappingNode mapping)
    {
        var result = new JsonObject();
        foreach ((YamlNode key, YamlNode value) in mapping)
        {
            result[((YamlScalarNode)key).Value!] = ToNode(value);
        }

        return result;
    }

    private static JsonNode? ToNode(YamlNode node) => node switch
    {
        YamlMappingNode mapping => ToObject(mapping),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Select(ToNode)]),
        YamlScalarNode scalar => ToValue(scalar),
        _ => throw new InvalidOperationException($"A manifest has a node of an unknown kind: {node.NodeType}"),
    };

    // YAML 1.2's core schema as far as manifests need it: what is quoted or a block is a string.
    private static JsonValue? ToValue(YamlScalarNode scalar) => (scalar.Style, scalar.Value) switch
    {
        (not ScalarStyle.Plain, var text) => JsonValue.Create(text),
        (_, null or "" or "~" or "null") => null,
        (_, "true") => JsonValue.Create(true),
        (_, "false") => JsonValue.Create(false),
        (_, var text) when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) =>
            JsonValue.Create(number),
        (_, var text) => JsonValue.Create(text),
    };
}
