using Landline.Kubernetes.Configuration;

namespace Landline.Kubernetes;

/// <summary>
/// The ways in which a call of <see cref="KubernetesClient"/> fails without anybody's defect. Who runs for as long as its process
/// tries again later after each of them: also a credential that cannot be had now, such as a token's file, can be had again.
/// </summary>
public static class KubernetesFailure
{
    public static bool Is(Exception e) => e is KubernetesApiException or KubernetesConnectionException or KubernetesConfigurationException;
}
