using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Landline.Kubernetes.Resources;

/// <summary>Writes JSON nodes as YAML in the form that people and kubectl read.</summary>
public static class YamlWriter
{
    /// <summary>Several documents are separated by <c>---</c>.</summary>
    public static string Write(IEnumerable<JsonNode> documents)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var emitter = new Emitter(text, new EmitterSettings(
            bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024));
        emitter.Emit(new StreamStart());
        bool first = true;
        foreach (JsonNode document in documents)
        {
            emitter.Emit(new DocumentStart(null, null, isImplicit: first));
            Write(emitter, document);
            emitter.Emit(new DocumentEnd(isImplicit: true));
            first = false;
        }

        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Write(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                emitter.Emit(new MappingStart(
                    AnchorName.Empty, TagName.Empty, true, fields.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach ((string name, JsonNode? value) in fields)
                {
                    emitter.Emit(Text(name));
                    Write(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray items:
                emitter.Emit(new SequenceStart(
                    AnchorName.Empty, TagName.Empty, true, items.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (JsonNode? item in items)
                {
                    Write(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case not null when node.GetValueKind() == JsonValueKind.String:
                emitter.Emit(Text(node.GetValue<string>()));
                break;
            default:
                emitter.Emit(new Scalar(
                    AnchorName.Empty, TagName.Empty, node?.ToJsonString() ?? "null", ScalarStyle.Plain, true, true));
                break;
        }
    }

    private static Scalar Text(string text)
    {
        ScalarStyle style = LooksLikeSomethingElse(text) || HoldsWhatOnlyQuotesKeep(text) ? ScalarStyle.DoubleQuoted
            : text.Contains('\n', StringComparison.Ordinal) ? ScalarStyle.Literal
            : ScalarStyle.Any;
        return new Scalar(AnchorName.Empty, TagName.Empty, text, style, true, true);
    }

    private static bool HoldsWhatOnlyQuotesKeep(string text) =>
        char.IsWhiteSpace(text[0])
        || (char.IsWhiteSpace(text[^1]) && text[^1] != '\n')
        || text.AsSpan().ContainsAnyInRange('\0', '\t')
        || text.AsSpan().ContainsAnyInRange('\v', '\u001f')
        || text.AsSpan().ContainsAny('\u007f', '\u0085', '\u2028')
        || text.Contains(" \n", StringComparison.Ordinal);

    /// <summary>
    /// Whether a reader, also one of YAML 1.1, would take the plain text for a number, a date or a word with a
    /// meaning.
    /// </summary>
    private static bool LooksLikeSomethingElse(string text) =>
        text.Length == 0
        || char.IsAsciiDigit(text[0])
        || text[0] is '+' or '-' or '.' or '~' or '=' or '<'
        || text.ToUpperInvariant() is "NULL" or "TRUE" or "FALSE" or "YES" or "NO" or "ON" or "OFF" or "Y" or "N";
}
