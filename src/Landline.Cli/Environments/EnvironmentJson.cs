using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Landline.Cli.Environments;

/// <summary>Variables as one JSON object, which can hold any value.</summary>
internal static class EnvironmentJson
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(IReadOnlyDictionary<string, string> variables)
    {
        var properties = new JsonObject();
        foreach ((string name, string value) in variables.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            properties[name] = value;
        }

        return properties.ToJsonString(Readable) + "\n";
    }
}
