using System.Net;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Daemon.Installation;

/// <summary>
/// Puts Landline into a cluster and takes it out again. Both may be repeated at any time and go on from whatever state
/// an earlier attempt has left.
/// </summary>
public static class Installer
{
    private static readonly Version OldestKubernetes = new(1, 20);

    /// <summary>The manifests as YAML, to be read or applied with kubectl.</summary>
    /// <exception cref="Protocol.Errors.UserErrorException">An option makes no sense.</exception>
    public static string Print(InstallOptions options) => ManifestText.Fill(options);

    /// <summary>Installs or upgrades, and waits until the manager runs. What the options leave open stays as it is installed.</summary>
    /// <param name="progress">Told in a few words what is being done.</param>
    /// <exception cref="Protocol.Errors.UserErrorException">Something that the administrator can act on.</exception>
    public static async Task InstallAsync(
        KubernetesClient client, InstallOptions options, IProgress<string> progress, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        _ = Manifest.All(options); // What makes no sense is refused before the cluster is asked.
        await CheckVersionsAsync(client, options, cancellationToken);
        if (await InstalledPlace.FindOtherAsync(client, options.Namespace, cancellationToken) is { } elsewhere)
        {
            throw InstallationErrors.InstalledElsewhere(elsewhere, options.Namespace);
        }

        var installed = await InstalledChoices.ReadAsync(client, options.Namespace, cancellationToken);
        IReadOnlyList<Manifest> manifests = installed.Manifests(options);

        bool definitionsServed = false;
        foreach (Manifest manifest in manifests)
        {
            if (manifest.Kind == "Namespace" && await IsSomebodyElsesAsync(client, manifest, cancellationToken))
            {
                continue; // It was there before, and stays when Landline goes.
            }

            if (manifest.Kind == "Deployment" && !definitionsServed)
            {
                progress.Report("waiting for the cluster to serve the resource definitions");
                await DefinitionWait.RunAsync(client, manifests, options.Deadline, timeProvider, cancellationToken);
                definitionsServed = true;
            }

            progress.Report($"applying {manifest.Title}");
            await ApplyAsync(client, manifest, cancellationToken);
        }

        foreach (Manifest leftover in await Leftovers.FindAsync(client, options.Namespace, manifests, cancellationToken))
        {
            progress.Report($"deleting {leftover.Title}, which this version does not need");
            await client.DeleteAsync(leftover.Content, DeleteOptions.Default, cancellationToken);
        }

        progress.Report("waiting for the manager to run");
        await new ManagerWait(client, installed.Complete(options), progress, timeProvider).RunAsync(cancellationToken);
    }

    /// <summary>Removes every object that an installation has made, and waits until they are gone. Nothing there is fine.</summary>
    /// <returns>False when there was nothing to remove.</returns>
    /// <exception cref="Protocol.Errors.UserErrorException">Something that the administrator can act on.</exception>
    public static Task<bool> UninstallAsync(
        KubernetesClient client, InstallOptions options, IProgress<string> progress, TimeProvider timeProvider, CancellationToken cancellationToken) =>
        new Uninstallation(client, options, progress, timeProvider).RunAsync(cancellationToken);

    private static async Task CheckVersionsAsync(KubernetesClient client, InstallOptions options, CancellationToken cancellationToken)
    {
        VersionInfo kubernetes = await client.GetVersionAsync(cancellationToken);
        if (VersionOrder.TryParse(kubernetes.GitVersion, out Version? version) && version < OldestKubernetes)
        {
            throw InstallationErrors.KubernetesTooOld(kubernetes.GitVersion!, OldestKubernetes.ToString());
        }

        Workload? installed = await client.FindAsync(
            ResourceTypes.Deployments, options.Namespace, ClusterObjects.Manager, cancellationToken);
        string? label = installed?.Metadata.Labels.GetValueOrDefault("app.kubernetes.io/version");
        if (!options.AllowDowngrade && VersionOrder.IsNewer(label, than: ManifestText.Version))
        {
            throw InstallationErrors.ClusterIsNewer(label!, ManifestText.Version);
        }
    }

    private static async Task<bool> IsSomebodyElsesAsync(KubernetesClient client, Manifest manifest, CancellationToken cancellationToken) =>
        await client.FindAsync(ResourceTypes.Namespaces, null, manifest.Name, cancellationToken) is { } existing
        && existing.Metadata.Labels.GetValueOrDefault(ClusterObjects.ManagedByLabel) != ClusterObjects.ManagedBy;

    private static async Task ApplyAsync(KubernetesClient client, Manifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            // Forced: an installation says how its own objects are, whatever somebody has edited in between.
            await client.ApplyAsync(manifest.Content, new ApplyOptions(ClusterObjects.ManagedBy, Force: true), cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsForbidden && !e.Message.Contains("admission", StringComparison.OrdinalIgnoreCase))
        {
            throw InstallationErrors.Forbidden("apply", manifest.Title, e);
        }
        catch (KubernetesApiException e) when (!e.IsTransient && e.StatusCode != HttpStatusCode.Unauthorized)
        {
            throw InstallationErrors.Refused("apply", manifest.Title, e.Message, e);
        }
    }
}
