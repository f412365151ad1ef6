using Landline.Kubernetes;
using Landline.Kubernetes.Resources;

namespace Landline.Daemon.Installation;

/// <summary>Waits until the API server serves the custom resources, which takes it a second or two.</summary>
internal static class DefinitionWait
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    public static async Task RunAsync(
        KubernetesClient client, IReadOnlyList<Manifest> manifests, TimeSpan patience, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        DateTimeOffset deadline = timeProvider.GetUtcNow() + patience;
        foreach (Manifest manifest in manifests.Where(static manifest => manifest.Kind == "CustomResourceDefinition"))
        {
            while (true)
            {
                CustomResourceDefinition? definition = await client.FindAsync(
                    ResourceTypes.CustomResourceDefinitions, null, manifest.Name, cancellationToken);
                if (definition is { Status.IsEstablished: true })
                {
                    break;
                }

                if (timeProvider.GetUtcNow() >= deadline || Refusal(definition) is not null)
                {
                    throw InstallationErrors.DefinitionNotServed(manifest.Name, Refusal(definition) ?? "it is not established in time");
                }

                await Task.Delay(Interval, timeProvider, cancellationToken);
            }
        }
    }

    // The names are taken, or the schema is none that this server takes.
    private static string? Refusal(CustomResourceDefinition? definition) => definition?.Status.Conditions
        .Where(static condition => condition is { Type: "NamesAccepted", Status: "False" } or { Type: "NonStructuralSchema", Status: "True" })
        .Select(static condition => condition.Message ?? condition.Reason)
        .FirstOrDefault();
}
