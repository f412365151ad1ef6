using Landline.Daemon.Errors;
using Landline.Kubernetes;
using Landline.Kubernetes.Configuration;
using Landline.Protocol.Errors;

namespace Landline.Daemon.Connections;

/// <summary>Turns what a call to the API server throws into the sentence for its user.</summary>
internal static class ClusterFailure
{
    /// <summary>For a filter: whether <see cref="Explain"/> has words for it.</summary>
    public static bool IsExplained(Exception exception) =>
        exception is KubernetesApiException or KubernetesConnectionException or KubernetesConfigurationException;

    /// <param name="action">What was tried, as in "may not …".</param>
    public static UserErrorException Explain(
        Exception exception, ClusterSettings settings, TimeProvider time, string action) => exception switch
        {
            KubernetesConnectionException { Failure: ConnectionFailure.CertificateNotTrusted } e =>
                DaemonErrors.ClusterNotTrusted(e),
            KubernetesConnectionException or KubernetesApiException { IsUnauthorized: true }
                when settings.ClientCertificateNotAfter is { } end && end < time.GetUtcNow() && IsAboutCredentials(exception) =>
                DaemonErrors.CredentialsExpired(settings.ContextName, end),
            KubernetesConnectionException e => DaemonErrors.ClusterUnreachable(e),
            KubernetesApiException { IsUnauthorized: true } e =>
                DaemonErrors.CredentialsRejected(settings.ContextName, settings.Server, e),
            KubernetesConfigurationException e => DaemonErrors.KubeconfigInvalid(e),
            _ => DaemonErrors.ClusterRefused(action, exception.Message, exception),
        };

    /// <summary>Of a refusal to create: whether RBAC says no, in the words of the API server's authorizer, rather than a quota or an admission policy.</summary>
    public static bool IsOfRights(KubernetesApiException refusal) =>
        refusal.Message.Contains("cannot create resource", StringComparison.Ordinal);

    // A server may break the handshake off because of the certificate; one that is down says nothing about it.
    private static bool IsAboutCredentials(Exception exception) =>
        exception is not KubernetesConnectionException e || e.Failure == ConnectionFailure.TlsFailed;
}
