using System.Globalization;
using Landline.Kubernetes.Authentication;

namespace Landline.Kubernetes.Configuration;

/// <summary>The service account that Kubernetes gives to a pod.</summary>
internal static class InClusterConfiguration
{
    private const string Origin = "the pod's service account";

    public static bool IsPossible(MachineEnvironment machine) =>
        machine.FirstOf("KUBERNETES_SERVICE_HOST") is not null
        && machine.FirstOf("KUBERNETES_SERVICE_PORT") is not null
        && File.Exists(TokenFile(machine));

    public static ClusterSettings Load(KubeconfigOptions options, MachineEnvironment machine)
    {
        string host = machine.FirstOf("KUBERNETES_SERVICE_HOST")!;
        string port = machine.FirstOf("KUBERNETES_SERVICE_PORT")!;
        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
            || Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            throw new KubernetesConfigurationException(
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT hold no address of an API server.");
        }

        var server = new UriBuilder(Uri.UriSchemeHttps, host, number).Uri;
        return new ClusterSettings
        {
            ContextName = "in-cluster",
            ClusterName = "in-cluster",
            UserName = "in-cluster",
            IsInCluster = true,
            Server = server,
            Namespace = options.Namespace ?? machine.FirstOf("POD_NAMESPACE") ?? NamespaceFile(machine) ?? "default",
            CertificateAuthorities = CertificateBundle.Read(
                Path.Combine(machine.ServiceAccountFolder, "ca.crt"), Origin),
            Proxy = ProxyRules.FromEnvironment(server, machine),
            Credentials = new UserCredentials { TokenFile = TokenFile(machine), Origin = Origin },
            Impersonation = ImpersonationReader.Read(options, user: null),
        };
    }

    private static string TokenFile(MachineEnvironment machine) => Path.Combine(machine.ServiceAccountFolder, "token");

    private static string? NamespaceFile(MachineEnvironment machine)
    {
        string path = Path.Combine(machine.ServiceAccountFolder, "namespace");
        return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } name ? name : null;
    }
}
