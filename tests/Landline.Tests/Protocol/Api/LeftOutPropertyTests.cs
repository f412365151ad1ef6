using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Landline.Protocol.Api;

namespace Landline.Tests.Protocol.Api;

/// <summary>An older peer, or somebody with kubectl, leaves out what is there by default.</summary>
public sealed class LeftOutPropertyTests
{
    public static TheoryData<Type> Records => [.. typeof(ProtocolJson).Assembly.GetTypes().Where(static type =>
        type is { IsPublic: true, IsAbstract: false, IsGenericType: false, Namespace: "Landline.Protocol.Api" } && TypeOf(type) is { Kind: JsonTypeInfoKind.Object })];

    [Theory]
    [MemberData(nameof(Records))]
    public void What_is_left_out_is_never_null_where_null_is_not_foreseen(Type record)
    {
        JsonTypeInfo type = TypeOf(record)!;
        var json = new JsonObject();
        foreach (JsonPropertyInfo required in type.Properties.Where(static property => property.IsRequired))
        {
            json[required.Name] = Sample(required.PropertyType);
        }

        object read = json.Deserialize(type)!;

        var nullability = new NullabilityInfoContext();
        string[] nulls =
        [
            .. record.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.CanWrite && !property.PropertyType.IsValueType)
                .Where(property => nullability.Create(property).ReadState == NullabilityState.NotNull && property.GetValue(read) is null)
                .Select(property => property.Name),
        ];
        Assert.Empty(nulls);
    }

    [Fact]
    public void A_grace_that_is_left_out_is_the_usual_one() =>
        Assert.Equal(120, JsonSerializer.Deserialize("{}", ProtocolJson.Default.ConnectionSpec)!.GracePeriodSeconds);

    [Fact]
    public void A_filter_of_a_path_alone_has_no_other_rules()
    {
        AttachmentSpec spec = JsonSerializer.Deserialize("""{"http":{"path":{"prefix":"/"}}}""", ProtocolJson.Default.AttachmentSpec)!;

        Assert.Empty(spec.Http!.Headers);
        Assert.Equal("path /*", HttpMatchText.Of(spec.Http));
    }

    private static JsonTypeInfo? TypeOf(Type type) => ProtocolJson.Default.GetTypeInfo(type);

    private static JsonNode Sample(Type type) =>
        type == typeof(string) ? JsonValue.Create("x")
        : type == typeof(bool) ? JsonValue.Create(false)
        : type.IsEnum || type.IsPrimitive ? JsonValue.Create(0)
        : type == typeof(DateTimeOffset) ? JsonValue.Create("2030-01-01T00:00:00Z")
        : type.IsAssignableTo(typeof(IEnumerable)) && !type.Name.Contains("Dictionary", StringComparison.Ordinal) ? new JsonArray()
        : new JsonObject();
}
