using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Landline.Cli.Output;

/// <summary>
/// Writes JSON as block-style YAML. Strings that could be taken for something else are written as JSON strings, which
/// YAML 1.2 includes; so no YAML library has to be loaded.
/// </summary>
internal static class YamlText
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(TextWriter output, JsonNode? node)
    {
        if (IsInline(node))
        {
            output.WriteLine(Scalar(node));
        }
        else
        {
            WriteBlock(output, node!, indent: 0, firstLineIndented: true);
        }
    }

    private static void WriteBlock(TextWriter output, JsonNode node, int indent, bool firstLineIndented)
    {
        bool indented = firstLineIndented;
        if (node is JsonObject properties)
        {
            foreach ((string name, JsonNode? value) in properties)
            {
                output.Write(indented ? new string(' ', indent) : "");
                output.Write($"{Plain(name)}:");
                WriteValue(output, value, indent + 2);
                indented = true;
            }

            return;
        }

        foreach (JsonNode? item in (JsonArray)node)
        {
            output.Write(indented ? new string(' ', indent) : "");
            output.Write("-");
            if (IsInline(item))
            {
                output.WriteLine($" {Scalar(item)}");
            }
            else
            {
                output.Write(" ");
                WriteBlock(output, item!, indent + 2, firstLineIndented: false);
            }

            indented = true;
        }
    }

    private static void WriteValue(TextWriter output, JsonNode? value, int indent)
    {
        if (IsInline(value))
        {
            output.WriteLine($" {Scalar(value)}");
        }
        else
        {
            output.WriteLine();
            WriteBlock(output, value!, indent, firstLineIndented: true);
        }
    }

    private static bool IsInline(JsonNode? node) =>
        node is null or JsonValue or JsonObject { Count: 0 } or JsonArray { Count: 0 };

    private static string Scalar(JsonNode? node) => node switch
    {
        null => "null",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Plain(value.GetValue<string>()),
        _ => node.ToJsonString(Relaxed),
    };

    // Plain only where no YAML version sees a number, a date, a boolean or a mark of its syntax.
    private static string Plain(string text)
    {
        bool plain = text.Length > 0
            && char.IsAsciiLetter(text[0])
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/')
            && text.ToLowerInvariant() is not ("true" or "false" or "yes" or "no" or "on" or "off" or "null" or "y" or "n");
        return plain ? text : JsonValue.Create(text).ToJsonString(Relaxed);
    }
}
