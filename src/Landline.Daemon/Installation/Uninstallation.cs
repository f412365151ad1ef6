using System.Text.Json.Nodes;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Daemon.Installation;

/// <summary>
/// Takes Landline out of a cluster, in the order that leaves nothing behind: connections and attachments first, while
/// manager and agents are there to let go of what they hold; then the pods; then everything else; the namespace last,
/// if it was made by an installation. Goes on from whatever an earlier attempt has left.
/// </summary>
internal sealed class Uninstallation(
    KubernetesClient client, InstallOptions options, IProgress<string> progress, TimeProvider timeProvider)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    /// <summary>Then nobody is there who would remove the finalizers, and they are removed here.</summary>
    private static readonly TimeSpan PatienceWithFinalizers = TimeSpan.FromSeconds(20);

    private static readonly (string Kind, string What)[] Resources =
    [
        (ClusterObjects.ConnectionKind, "connections"),
        (ClusterObjects.AttachmentKind, "attachments"),
    ];

    private bool _found;

    /// <returns>False = there was nothing.</returns>
    /// <exception cref="Protocol.Errors.UserErrorException">Nothing has been deleted if Landline is in another namespace.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Manifest> manifests = Manifest.All(options);
        if (await InstalledPlace.FindOtherAsync(client, options.Namespace, cancellationToken) is { } elsewhere)
        {
            throw InstallationErrors.UninstalledElsewhere(elsewhere, options.Namespace);
        }

        foreach ((string kind, string what) in Resources)
        {
            await DeleteResourcesAsync(kind, what, cancellationToken);
        }

        await DeletePodsAsync(manifests, cancellationToken);

        IEnumerable<Manifest> rest = manifests.Reverse()
            .Where(static manifest => manifest.Kind is not ("Namespace" or "CustomResourceDefinition"))
            .Concat(await Leftovers.FindAsync(client, options.Namespace, manifests, cancellationToken))
            .Append(ConfigMap());
        foreach (Manifest manifest in rest)
        {
            await DeleteAsync(manifest, DeleteOptions.Default, cancellationToken);
        }

        foreach (Manifest definition in manifests.Where(static manifest => manifest.Kind == "CustomResourceDefinition"))
        {
            if (await DeleteAsync(definition, DeleteOptions.Default, cancellationToken))
            {
                await WaitUntilAsync(
                    async () => await client.FindAsync(ResourceTypes.CustomResourceDefinitions, null, definition.Name, cancellationToken) is null,
                    definition.Title, options.Deadline, cancellationToken);
            }
        }

        await DeleteNamespaceAsync(manifests.Single(static manifest => manifest.Kind == "Namespace"), cancellationToken);
        return _found;
    }

    // What the manager wrote; not among the manifests, because an upgrade must not empty it.
    private Manifest ConfigMap() => new(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = ClusterObjects.Manager, ["namespace"] = options.Namespace },
    });

    private async Task DeleteResourcesAsync(string kind, string what, CancellationToken cancellationToken)
    {
        if (await client.FindTypeAsync($"{ClusterObjects.ApiGroup}/{ClusterObjects.ApiVersion}", kind, cancellationToken) is not { } type)
        {
            return;
        }

        IReadOnlyList<JsonObject> items = await ListAsync(type, cancellationToken);
        if (items.Count == 0)
        {
            return;
        }

        _found = true;
        progress.Report($"ending {items.Count} {what}");
        await ForEachAsync(items, type, (ns, name) => client.DeleteAsync(type, ns, name, DeleteOptions.Default, cancellationToken));
        if (!await TryWaitUntilAsync(
            async () => (await ListAsync(type, cancellationToken)).Count == 0, PatienceWithFinalizers, cancellationToken))
        {
            progress.Report($"removing the finalizers of {what} that nobody else removes");
            await ForEachAsync(await ListAsync(type, cancellationToken), type, (ns, name) =>
                client.PatchAsync(
                    type, ns, name, Patch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }), cancellationToken));
            await WaitUntilAsync(
                async () => (await ListAsync(type, cancellationToken)).Count == 0, what, options.Deadline, cancellationToken);
        }
    }

    private static async Task ForEachAsync(
        IReadOnlyList<JsonObject> items, ResourceType<JsonObject> type, Func<string, string, Task> action)
    {
        foreach (JsonObject item in items)
        {
            string name = (string)item["metadata"]!["name"]!;
            string @namespace = (string)item["metadata"]!["namespace"]!;
            try
            {
                await action(@namespace, name);
            }
            catch (KubernetesApiException e) when (e.IsNotFound)
            {
                // Its owner took it along.
            }
            catch (KubernetesApiException e) when (e.IsForbidden)
            {
                throw InstallationErrors.Forbidden("delete", $"{type.Kind} {@namespace}/{name}", e);
            }
        }
    }

    private async Task<IReadOnlyList<JsonObject>> ListAsync(ResourceType<JsonObject> type, CancellationToken cancellationToken)
    {
        try
        {
            return await client.ListAsync(type, null, Selector.All, cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsNotFound)
        {
            return []; // The definition is on its way out already.
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            throw InstallationErrors.Forbidden("list", type.Plural, e);
        }
    }

    private async Task DeletePodsAsync(IReadOnlyList<Manifest> manifests, CancellationToken cancellationToken)
    {
        var agents = Selector.ByLabels($"{ClusterObjects.NameLabel}={ClusterObjects.Agent}");
        var all = Selector.ByLabels($"{ClusterObjects.NameLabel} in ({ClusterObjects.Agent},{ClusterObjects.Manager})");
        var background = new DeleteOptions { Propagation = Propagation.Background };
        foreach (Manifest manifest in manifests.Where(static manifest => manifest.Kind == "Deployment"))
        {
            await DeleteAsync(manifest, background, cancellationToken);
        }

        foreach (Pod pod in await client.ListAsync(ResourceTypes.Pods, options.Namespace, agents, cancellationToken))
        {
            _found |= await client.DeleteAsync(
                ResourceTypes.Pods, options.Namespace, pod.Metadata.Name!, DeleteOptions.Default, cancellationToken);
        }

        if ((await client.ListAsync(ResourceTypes.Pods, options.Namespace, all, cancellationToken)).Count > 0)
        {
            progress.Report("waiting for the pods to end");
            await WaitUntilAsync(
                async () => (await client.ListAsync(ResourceTypes.Pods, options.Namespace, all, cancellationToken)).Count == 0,
                $"A pod in namespace {options.Namespace}", options.Deadline, cancellationToken);
        }
    }

    private async Task DeleteNamespaceAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        ClusterNamespace? existing = await client.FindAsync(ResourceTypes.Namespaces, null, manifest.Name, cancellationToken);
        if (existing?.Metadata.Labels.GetValueOrDefault(ClusterObjects.ManagedByLabel) != ClusterObjects.ManagedBy)
        {
            return; // There is none, or it was there before.
        }

        await DeleteAsync(manifest, DeleteOptions.Default, cancellationToken);
        progress.Report($"waiting for namespace {manifest.Name} to go");
        await WaitUntilAsync(
            async () => await client.FindAsync(ResourceTypes.Namespaces, null, manifest.Name, cancellationToken) is null,
            manifest.Title, options.Deadline, cancellationToken);
    }

    private async Task<bool> DeleteAsync(Manifest manifest, DeleteOptions how, CancellationToken cancellationToken)
    {
        try
        {
            bool existed = await client.DeleteAsync(manifest.Content, how, cancellationToken);
            if (existed)
            {
                progress.Report($"deleting {manifest.Title}");
                _found = true;
            }

            return existed;
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            throw InstallationErrors.Forbidden("delete", manifest.Title, e);
        }
        catch (KubernetesApiException e) when (e.IsConflict)
        {
            return true; // A namespace that is being deleted says so.
        }
    }

    private async Task WaitUntilAsync(Func<Task<bool>> isTrue, string what, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!await TryWaitUntilAsync(isTrue, patience, cancellationToken))
        {
            throw InstallationErrors.NotGone(what, patience);
        }
    }

    private async Task<bool> TryWaitUntilAsync(Func<Task<bool>> isTrue, TimeSpan patience, CancellationToken cancellationToken)
    {
        DateTimeOffset deadline = timeProvider.GetUtcNow() + patience;
        while (!await isTrue())
        {
            if (timeProvider.GetUtcNow() >= deadline)
            {
                return false;
            }

            await Task.Delay(Interval, timeProvider, cancellationToken);
        }

        return true;
    }
}
