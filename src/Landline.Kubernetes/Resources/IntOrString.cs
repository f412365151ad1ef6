using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Landline.Kubernetes.Resources;

/// <summary>A port as the Kubernetes API writes it: a number, or the name of a container's port.</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    private readonly string? _name;

    public IntOrString(int number) => Number = number;

    /// <summary>Digits count as a number, as the API server has it.</summary>
    public IntOrString(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            Number = number;
        }
        else
        {
            _name = text;
        }
    }

    public int? Number { get; }

    /// <summary>The name, when this is not a number.</summary>
    public string? Name => _name;

    public override string ToString() => _name ?? (Number ?? 0).ToString(CultureInfo.InvariantCulture);
}

internal sealed class IntOrStringConverter : JsonConverter<IntOrString>
{
    public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number
            ? new IntOrString(reader.GetInt32())
            : new IntOrString(reader.GetString() ?? throw new JsonException("Neither a number nor a string."));

    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (value.Name is { } name)
        {
            writer.WriteStringValue(name);
        }
        else
        {
            writer.WriteNumberValue(value.Number ?? 0);
        }
    }
}
