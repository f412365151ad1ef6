using System.Text.Json.Nodes;
using Landline.Kubernetes;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Daemon.Installation;

/// <summary>
/// Finds out whether the cluster's one Landline is in another namespace than the administrator says. The definitions and the
/// rights of the cluster belong to that one: whoever installs beside it takes them over, and whoever uninstalls takes them
/// away from it and leaves the rest.
/// </summary>
internal static class InstalledPlace
{
    /// <returns>The other namespace; null: there is none that has anything of Landline.</returns>
    /// <exception cref="Protocol.Errors.UserErrorException">It may not be looked for.</exception>
    public static async Task<string?> FindOtherAsync(
        KubernetesClient client, string expectedNamespace, CancellationToken cancellationToken)
    {
        try
        {
            return await client.FindTypeAsync("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", cancellationToken) is { } bindings
                && await client.FindAsync(bindings, null, ClusterObjects.Manager, cancellationToken) is { } binding
                && (string?)(binding["subjects"] as JsonArray)?.FirstOrDefault()?["namespace"] is { } other
                && other != expectedNamespace
                && await HasManagerAsync(client, other, cancellationToken)
                ? other
                : null;
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            throw InstallationErrors.Forbidden("get", $"ClusterRoleBinding {ClusterObjects.Manager} and what it is for", e);
        }
    }

    // The account outlives the deployment when an uninstallation is broken off. A binding without either is a remnant.
    private static async Task<bool> HasManagerAsync(KubernetesClient client, string @namespace, CancellationToken cancellationToken) =>
        await client.FindAsync(ResourceTypes.Deployments, @namespace, ClusterObjects.Manager, cancellationToken) is not null
        || (await client.FindTypeAsync("v1", "ServiceAccount", cancellationToken) is { } accounts
            && await client.FindAsync(accounts, @namespace, ClusterObjects.Manager, cancellationToken) is not null);
}
