using Landline.Kubernetes;
using Landline.Kubernetes.Configuration;
using Landline.Protocol.Errors;

namespace Landline.Daemon.Errors;

/// <summary>Failures on the way to the cluster's API server and in what it answers.</summary>
internal static partial class DaemonErrors
{
    public static UserErrorException KubeconfigInvalid(KubernetesConfigurationException cause) => new(
        "kubeconfig-invalid",
        cause.Message,
        cause.Hint ?? "Try it with kubectl, or choose with: --kubeconfig FILE or --context NAME",
        cause);

    public static UserErrorException ClusterUnreachable(KubernetesConnectionException cause) => new(
        "cluster-unreachable",
        cause.Message,
        "Check the network, the VPN and the kubeconfig's context; kubectl get --raw /version must work from here",
        cause);

    public static UserErrorException ClusterNotTrusted(KubernetesConnectionException cause) => new(
        "cluster-not-trusted",
        cause.Message,
        "Check certificate-authority and server in the kubeconfig",
        cause);

    public static UserErrorException CredentialsExpired(string context, DateTimeOffset expiredAt) => new(
        "credentials-expired",
        $"The client certificate of context '{context}' expired at {expiredAt.ToUniversalTime():yyyy-MM-dd HH:mm} UTC.",
        "Get a new kubeconfig from where this one came from (for kubeadm: kubeadm certs renew admin.conf)");

    public static UserErrorException CredentialsRejected(string context, Uri server, Exception? cause = null) => new(
        "credentials-rejected",
        $"The cluster at {server.Authority} does not accept the credentials of context '{context}'.",
        "Log in to the cluster again, or choose another context with: --context NAME",
        cause);

    public static UserErrorException NamespaceNotFound(string @namespace) => new(
        "namespace-not-found",
        $"There is no namespace '{@namespace}' in the cluster.",
        "Choose another one with: --namespace NAME");

    public static UserErrorException NotInstalled(string managerNamespace, string context) => new(
        "not-installed",
        $"Landline is not installed in this cluster: namespace '{managerNamespace}' has no manager.",
        $"Have an administrator run: landline install --context {context}, or name its namespace with --manager-namespace");

    public static UserErrorException ManagerForbidden(string managerNamespace, string right) => new(
        "manager-forbidden",
        $"You may not {right} in namespace '{managerNamespace}', which every connection needs.",
        $"Ask an administrator to bind Role landline-access of namespace {managerNamespace} to you");

    public static UserErrorException ConnectionForbidden(string @namespace) => new(
        "connection-forbidden",
        $"You may not create connections.landline.dev in namespace '{@namespace}'.",
        $"Ask an administrator for: kubectl create rolebinding landline -n {@namespace} --clusterrole=landline-user --user=YOU");

    /// <param name="reason">The API server's sentence: a quota's or an admission policy's.</param>
    public static UserErrorException ConnectionDenied(string @namespace, string reason, Exception? cause = null) => new(
        "connection-denied",
        $"The cluster denies a connection in namespace '{@namespace}': {reason.TrimEnd('.')}.",
        $"Ask an administrator of namespace {@namespace} about this rule",
        cause);

    public static UserErrorException ManagerNotReady(string managerNamespace) => new(
        "manager-not-ready",
        $"The manager in namespace '{managerNamespace}' has no pod that is ready.",
        $"See why with: kubectl get pods -n {managerNamespace} -l app.kubernetes.io/name=landline-manager");

    public static UserErrorException ClusterUnknown(string managerNamespace) => new(
        "cluster-unknown",
        $"The manager in namespace '{managerNamespace}' does not know the cluster's services and namespaces yet.",
        $"Try again in a moment; if it stays so, see why with: kubectl logs -n {managerNamespace} deployment/landline-manager");

    public static UserErrorException ManagerUnreachable(string managerNamespace, string reason, Exception? cause = null) => new(
        "manager-unreachable",
        $"The manager in namespace '{managerNamespace}' cannot be reached: {reason.TrimEnd('.')}.",
        "Try again; if it stays so, see what both sides say with: landline gather-logs -o logs.zip",
        cause);

    public static UserErrorException ClusterRefused(string action, string reason, Exception? cause = null) => new(
        "cluster-refused",
        $"The cluster refused to {action}: {reason.TrimEnd('.')}.",
        "See the rights that Landline needs in docs/security.md",
        cause);
}
