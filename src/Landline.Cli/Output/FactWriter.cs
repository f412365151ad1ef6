using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Landline.Cli.Output;

/// <summary>Prints a fact in the format that the user chose. The JSON is a promise to scripts; the text is not.</summary>
internal static class FactWriter
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="type">Called when it is needed: what JSON takes to begin is a tenth of a short command's time.</param>
    public static void Write<T>(
        TextWriter output, OutputFormat format, T fact, Func<JsonTypeInfo<T>> type, Action<TextWriter, T> writeText)
    {
        switch (format)
        {
            case OutputFormat.Json:
                output.WriteLine(JsonSerializer.SerializeToNode(fact, type())!.ToJsonString(Indented));
                break;
            case OutputFormat.Yaml:
                YamlText.Write(output, JsonSerializer.SerializeToNode(fact, type()));
                break;
            default:
                writeText(output, fact);
                break;
        }
    }
}
