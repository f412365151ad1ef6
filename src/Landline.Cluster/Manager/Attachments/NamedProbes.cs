using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>
/// The HTTP probes and hooks of a pod that say which User-Agent the kubelet sends: by its own name, which it sends
/// otherwise, an agent knows it without being told.
/// </summary>
internal static class NamedProbes
{
    public static IReadOnlyList<NamedProbe> Of(PodSpec pod) =>
    [
        .. pod.Containers.Concat(pod.InitContainers)
            .SelectMany(container => (HttpProbe?[])
            [
                container.LivenessProbe?.HttpGet, container.ReadinessProbe?.HttpGet, container.StartupProbe?.HttpGet,
                container.Lifecycle?.PostStart?.HttpGet, container.Lifecycle?.PreStop?.HttpGet,
            ])
            .Select(Of).OfType<NamedProbe>().Distinct(),
    ];

    // Of several the first one is sent. The path is a URL's: what follows # stays with the kubelet.
    private static NamedProbe? Of(HttpProbe? probe) =>
        probe?.HttpHeaders?.FirstOrDefault(header => header.Name.Equals("User-Agent", StringComparison.OrdinalIgnoreCase)) is { } agent
            ? new NamedProbe { Path = PathOf(probe), UserAgent = (agent.Value ?? "").Trim() }
            : null;

    private static string PathOf(HttpProbe probe)
    {
        string path = (probe.Path ?? "").Split('#')[0];
        return path.StartsWith('/') ? path : "/" + path;
    }
}
