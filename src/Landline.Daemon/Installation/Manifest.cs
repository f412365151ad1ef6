using System.Text.Json.Nodes;
using Landline.Protocol.Api;

namespace Landline.Daemon.Installation;

/// <summary>One object of an installation.</summary>
internal sealed class Manifest(JsonObject content)
{
    public string ApiVersion { get; } = (string)content["apiVersion"]!;

    public string Kind { get; } = (string)content["kind"]!;

    public string Name { get; } = (string)content["metadata"]!["name"]!;

    /// <summary>Null for what belongs to the whole cluster.</summary>
    public string? Namespace { get; } = (string?)content["metadata"]!["namespace"];

    public JsonObject Content => content;

    /// <summary>As people call it.</summary>
    public string Title => $"{Kind} {Name}";

    public bool Is(string kind, string name) => Kind == kind && Name == name;

    public static IReadOnlyList<Manifest> All(InstallOptions options) =>
        [.. ManifestYaml.Parse(ManifestText.Fill(options)).Select(static content => new Manifest(content))];

    /// <summary>Whether an object bears the label that says whose it is.</summary>
    public static bool IsOurs(JsonObject item) =>
        (string?)item["metadata"]?["labels"]?[ClusterObjects.ManagedByLabel] == ClusterObjects.ManagedBy;
}
