using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Landline.Kubernetes.Resources;

/// <summary>
/// How objects are sent: empty collections are left out like nulls, so that an object claims nothing that it does not say.
/// </summary>
internal static class WireFormat
{
    private static readonly JsonSerializerOptions Options = MakeOptions();

    public static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    private static JsonSerializerOptions MakeOptions()
    {
        var options = new JsonSerializerOptions(KubernetesJson.Default.Options)
        {
            TypeInfoResolver = KubernetesJson.Default.WithAddedModifier(LeaveOutEmptyCollections),
        };
        options.MakeReadOnly();
        return options;
    }

    private static void LeaveOutEmptyCollections(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(IEnumerable)))
            {
                property.ShouldSerialize = (_, value) => value is not null and not ICollection { Count: 0 };
            }
        }
    }
}
