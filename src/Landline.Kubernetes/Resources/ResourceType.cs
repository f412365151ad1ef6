using System.Text.Json.Serialization.Metadata;

namespace Landline.Kubernetes.Resources;

/// <summary>
/// Where the objects of one kind are found in the API and how they are read and written. The program makes one for
/// each kind it uses, so that the client works without reflection; <c>JsonObject</c> is a fine <typeparamref name="T"/>.
/// </summary>
/// <param name="group">Empty for the core group.</param>
/// <param name="plural">As in the URL: <c>pods</c>.</param>
/// <param name="kind">As in manifests: <c>Pod</c>.</param>
public sealed class ResourceType<T>(
    string group, string version, string plural, string kind, bool namespaced, JsonTypeInfo<T> json)
    where T : class
{
    public string Group => group;

    public string Version => version;

    public string Plural => plural;

    public string Kind => kind;

    public bool IsNamespaced => namespaced;

    public string ApiVersion => group.Length == 0 ? version : $"{group}/{version}";

    public JsonTypeInfo<T> Json => json;

    /// <summary>Path of the collection; a null namespace means all namespaces, or a kind that has none.</summary>
    public string CollectionPath(string? namespaceName)
    {
        string root = group.Length == 0 ? $"/api/{version}" : $"/apis/{group}/{version}";
        return namespaced && namespaceName is not null
            ? $"{root}/namespaces/{Uri.EscapeDataString(namespaceName)}/{plural}"
            : $"{root}/{plural}";
    }

    public string ObjectPath(string? namespaceName, string name) =>
        namespaced && namespaceName is null
            ? throw new ArgumentNullException(nameof(namespaceName), $"A {kind} lives in a namespace.")
            : $"{CollectionPath(namespaceName)}/{Uri.EscapeDataString(name)}";

    public override string ToString() => group.Length == 0 ? plural : $"{plural}.{group}";
}
