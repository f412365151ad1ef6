using System.Text.Json.Nodes;
using Landline.Kubernetes;
using Landline.Protocol.Api;

namespace Landline.Daemon.Installation;

/// <summary>
/// What an administrator chose when this cluster got its Landline. It holds until somebody says otherwise: an upgrade that
/// went back to the defaults would open the manager to groups from which it was kept.
/// </summary>
internal sealed class InstalledChoices
{
    private const string AccessBinding = "landline-access";

    private readonly string? _image;
    private readonly string? _pullPolicy;
    private readonly string[]? _deniedSubnets;
    private readonly JsonArray? _access;

    /// <param name="deployment">The manager's; null: there is none.</param>
    /// <param name="access">The binding of the right to reach the manager; null: there is none.</param>
    public InstalledChoices(JsonObject? deployment, JsonObject? access)
    {
        JsonNode? manager = (deployment?["spec"]?["template"]?["spec"]?["containers"] as JsonArray)?.FirstOrDefault();
        string? version = (string?)deployment?["metadata"]?["labels"]?["app.kubernetes.io/version"];
        _image = (string?)manager?["image"] is { } image ? OfThisVersion(image, version) : null;
        _pullPolicy = (string?)manager?["imagePullPolicy"];
        _deniedSubnets = Variable(manager, "LANDLINE_DENIED_SUBNETS")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        _access = access is null ? null : access["subjects"] as JsonArray ?? [];
    }

    public static async Task<InstalledChoices> ReadAsync(KubernetesClient client, string managerNamespace, CancellationToken cancellationToken) => new(
        await FindAsync(client, "apps/v1", "Deployment", managerNamespace, ClusterObjects.Manager, cancellationToken),
        await FindAsync(client, "rbac.authorization.k8s.io/v1", "RoleBinding", managerNamespace, AccessBinding, cancellationToken));

    /// <summary>The options with what they leave open.</summary>
    public InstallOptions Complete(InstallOptions options)
    {
        InstallOptions completed = options with { DeniedSubnets = options.DeniedSubnets ?? _deniedSubnets };
        return options.Image is null && _image is not null
            ? completed with { Image = _image, ImagePullPolicy = options.ImagePullPolicy ?? _pullPolicy }
            : completed;
    }

    /// <summary>
    /// The manifests of these options. Who may reach the manager is taken over whole: an administrator may have written more
    /// into the binding than one group.
    /// </summary>
    public IReadOnlyList<Manifest> Manifests(InstallOptions options)
    {
        IReadOnlyList<Manifest> manifests = Manifest.All(Complete(options));
        if (options.AccessGroup is null && _access is not null)
        {
            manifests.Single(static manifest => manifest.Is("RoleBinding", AccessBinding)).Content["subjects"] = _access.DeepClone();
        }

        return manifests;
    }

    private static string? Variable(JsonNode? container, string name) => (string?)(container?["env"] as JsonArray)
        ?.FirstOrDefault(variable => (string?)variable?["name"] == name)?["value"];

    // An image whose tag was the version comes from where it came from, with the tag of this one.
    private static string OfThisVersion(string image, string? version) =>
        version is not null && image.EndsWith($":{version}", StringComparison.Ordinal)
            ? image[..^version.Length] + ManifestText.Version
            : image;

    private static async Task<JsonObject?> FindAsync(
        KubernetesClient client, string apiVersion, string kind, string @namespace, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await client.FindTypeAsync(apiVersion, kind, cancellationToken) is { } type
                ? await client.FindAsync(type, @namespace, name, cancellationToken)
                : null;
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            throw InstallationErrors.Forbidden("get", $"{kind} {name}", e);
        }
    }
}
