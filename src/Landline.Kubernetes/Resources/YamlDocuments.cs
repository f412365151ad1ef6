using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Landline.Kubernetes.Resources;

/// <summary>
/// Reads YAML (and JSON, which is a part of it) into JSON nodes, as kubectl does for manifests: the core schema's
/// types, numbers with a leading zero are octal, <c>&lt;&lt;</c> merges, a repeated key is an error. Depth and size
/// are limited, so that no input can exhaust the stack or, through aliases, the memory.
/// </summary>
public static class YamlDocuments
{
    // Deeper than any manifest (a CRD's schema reaches about 30), well below what the stack holds.
    private const int DeepestNesting = 100;

    // Nodes in one text, those that aliases repeat included: a CRD with a large schema has about 30,000.
    private const int MostNodes = 1_000_000;

    /// <summary>Every document that is not empty.</summary>
    /// <exception cref="FormatException">The text is not YAML; the message has the line.</exception>
    public static IReadOnlyList<JsonNode> ReadAll(string text) => Read(text, scalarsAsText: false);

    /// <summary>Every document that describes an object; lists of kind <c>List</c> are taken apart.</summary>
    /// <exception cref="FormatException">The text is not YAML, or holds something that is no manifest.</exception>
    public static IReadOnlyList<JsonObject> ReadManifests(string text)
    {
        var manifests = new List<JsonObject>();
        foreach (JsonNode document in ReadAll(text))
        {
            JsonObject manifest = document as JsonObject
                ?? throw new FormatException("A document is not a manifest: it is no mapping.");
            if (manifest["kind"] is JsonValue kind && kind.ToString() == "List" && manifest["items"] is JsonArray items)
            {
                manifests.AddRange(items.OfType<JsonObject>().Select(item => (JsonObject)item.DeepClone()));
            }
            else
            {
                manifests.Add(manifest);
            }
        }

        return manifests;
    }

    /// <summary>
    /// As <see cref="ReadAll"/>, but each scalar is its text, so that a token of digits stays what it is.
    /// </summary>
    internal static IReadOnlyList<JsonNode> ReadAllAsText(string text) => Read(text, scalarsAsText: true);

    private static List<JsonNode> Read(string text, bool scalarsAsText)
    {
        try
        {
            var documents = new List<JsonNode>();
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            while (!parser.TryConsume<StreamEnd>(out _))
            {
                parser.Consume<DocumentStart>();
                JsonNode? root = new DocumentReader(parser, scalarsAsText).ReadNode(depth: 0);
                parser.Consume<DocumentEnd>();
                if (root is not null)
                {
                    documents.Add(root);
                }
            }

            return documents;
        }
        catch (YamlException e)
        {
            throw new FormatException($"Line {e.Start.Line}, column {e.Start.Column}: {e.Message}", e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or OverflowException)
        {
            // YamlDotNet's scanner reports some malformed escapes and directives this way.
            throw new FormatException(e.Message, e);
        }
    }

    private sealed class DocumentReader(IParser parser, bool scalarsAsText)
    {
        private readonly Dictionary<AnchorName, (JsonNode? Node, int Nodes)> _anchors = [];
        private int _nodes;

        public JsonNode? ReadNode(int depth)
        {
            ParsingEvent at = parser.Current ?? throw new YamlException("The text ends too early.");
            Count(1, at);
            if (depth > DeepestNesting)
            {
                throw new YamlException(at.Start, at.End, $"More than {DeepestNesting} levels.");
            }

            if (parser.TryConsume<AnchorAlias>(out AnchorAlias? alias))
            {
                return Repeat(alias);
            }

            int before = _nodes;
            AnchorName anchor = at is NodeEvent node ? node.Anchor : AnchorName.Empty;
            JsonNode? value = at switch
            {
                Scalar => ReadScalar(parser.Consume<Scalar>()),
                SequenceStart => ReadSequence(depth),
                MappingStart => ReadMapping(depth),
                _ => throw new YamlException(at.Start, at.End, "A value was expected."),
            };
            if (!anchor.IsEmpty)
            {
                _anchors[anchor] = (value, _nodes - before + 1);
            }

            return value;
        }

        private JsonNode? Repeat(AnchorAlias alias)
        {
            // An alias inside of what it names is not there yet, so it cannot recur.
            if (!_anchors.TryGetValue(alias.Value, out (JsonNode? Node, int Nodes) named))
            {
                throw new YamlException(alias.Start, alias.End, $"There is no anchor '{alias.Value}' before this.");
            }

            Count(named.Nodes, alias);
            return named.Node?.DeepClone();
        }

        private JsonArray ReadSequence(int depth)
        {
            parser.Consume<SequenceStart>();
            var items = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode(depth + 1));
            }

            return items;
        }

        private JsonObject ReadMapping(int depth)
        {
            parser.Consume<MappingStart>();
            var fields = new JsonObject();
            var merged = new List<JsonObject>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                if (!parser.TryConsume<Scalar>(out Scalar? key))
                {
                    throw new YamlException(parser.Current!.Start, parser.Current.End, "A key must be a plain value.");
                }

                JsonNode? value = ReadNode(depth + 1);
                if (key is { Value: "<<", Style: ScalarStyle.Plain })
                {
                    merged.AddRange(
                        value is JsonArray several ? several.OfType<JsonObject>() : [value as JsonObject ?? []]);
                }
                else if (!fields.TryAdd(key.Value, value))
                {
                    throw new YamlException(key.Start, key.End, $"The key '{key.Value}' is there twice.");
                }
            }

            foreach ((string name, JsonNode? value) in merged.SelectMany(source => source))
            {
                fields.TryAdd(name, value?.DeepClone());
            }

            return fields;
        }

        private JsonValue? ReadScalar(Scalar scalar)
        {
            string text = scalar.Value;
            if (scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str"))
            {
                return JsonValue.Create(text);
            }

            return text switch
            {
                "" or "~" or "null" or "Null" or "NULL" => null,
                _ when scalarsAsText => JsonValue.Create(text),
                "true" or "True" or "TRUE" => JsonValue.Create(true),
                "false" or "False" or "FALSE" => JsonValue.Create(false),
                _ => ReadNumber(text) ?? JsonValue.Create(text),
            };
        }

        private void Count(int nodes, ParsingEvent at)
        {
            _nodes += nodes;
            if (_nodes > MostNodes)
            {
                throw new YamlException(at.Start, at.End, $"More than {MostNodes} values.");
            }
        }
    }

    /// <summary>Null when the text is no number. Infinity and NaN, which JSON has no word for, stay text.</summary>
    private static JsonValue? ReadNumber(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan().TrimStart("+-");
        if (digits.Length == 0 || text.Length - digits.Length > 1 || !(char.IsAsciiDigit(digits[0]) || digits[0] == '.'))
        {
            return null;
        }

        if (digits.Length > 1 && digits[0] == '0' && ReadPrefixed(digits) is { } prefixed)
        {
            return JsonValue.Create(text[0] == '-' ? -prefixed : prefixed);
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
        {
            return JsonValue.Create(whole);
        }

        const NumberStyles Float =
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? JsonValue.Create(number)
            : null;
    }

    private static long? ReadPrefixed(ReadOnlySpan<char> digits)
    {
        if (digits[1] is 'x' or 'X')
        {
            ReadOnlySpan<char> hexDigits = digits[2..];
            return long.TryParse(hexDigits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long hex) && hex >= 0
                ? hex
                : null;
        }

        long value = 0;
        foreach (char digit in digits[1] is 'o' ? digits[2..] : digits[1..])
        {
            if (digit is < '0' or > '7' || value > long.MaxValue >> 3)
            {
                return null;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return digits is "0o" ? null : value;
    }
}
