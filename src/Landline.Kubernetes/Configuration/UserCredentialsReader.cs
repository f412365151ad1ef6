using System.Text.Json.Nodes;
using Landline.Kubernetes.Authentication;

namespace Landline.Kubernetes.Configuration;

/// <summary>
/// Reads the credentials of a kubeconfig's user and checks them as far as that goes without a cluster.
/// </summary>
internal static class UserCredentialsReader
{
    public const string V1 = "client.authentication.k8s.io/v1";
    public const string V1Beta1 = "client.authentication.k8s.io/v1beta1";

    /// <param name="clusterInfo">Makes what an exec plug-in is told about the cluster.</param>
    /// <exception cref="KubernetesConfigurationException">The entry is wrong.</exception>
    public static UserCredentials Read(
        KubeconfigEntry user, string origin, MachineEnvironment machine, Func<JsonObject> clusterInfo)
    {
        ClientCertificateSource? certificate = ReadCertificate(user, origin);
        KubeconfigEntry? exec = user.Child("exec");
        KubeconfigEntry? provider = user.Child("auth-provider");
        if (exec is null && provider is not null && user.Text("token") is null && user.Text("tokenFile") is null)
        {
            throw user.Problem(
                $"'auth-provider: {provider.Text("name")}' is a kind of login that Kubernetes has given up",
                "Let your provider's tool write the kubeconfig anew, with an exec plug-in.",
                null);
        }

        return new UserCredentials
        {
            Origin = origin,
            ClientCertificate = certificate,
            ClientCertificateNotAfter = certificate?.Load().Leaf.NotAfter,
            TokenFile = user.Path("tokenFile"),
            Token = user.Text("token"),
            Username = user.Text("username"),
            Password = user.Text("password"),
            Exec = exec is null ? null : ReadExec(user, exec, origin, machine, clusterInfo),
        };
    }

    private static ClientCertificateSource? ReadCertificate(KubeconfigEntry user, string origin)
    {
        bool hasCertificate = (user.Text("client-certificate-data") ?? user.Text("client-certificate")) is not null;
        bool hasKey = (user.Text("client-key-data") ?? user.Text("client-key")) is not null;
        if (!hasCertificate && !hasKey)
        {
            return null;
        }

        if (!hasCertificate || !hasKey)
        {
            throw user.Problem(hasKey
                ? "there is a client-key without a client-certificate"
                : "there is a client-certificate without a client-key");
        }

        return new ClientCertificateSource(
            origin,
            user.Data("client-certificate-data"),
            user.Path("client-certificate"),
            user.Data("client-key-data"),
            user.Path("client-key"));
    }

    private static ExecPlugin ReadExec(
        KubeconfigEntry user,
        KubeconfigEntry exec,
        string origin,
        MachineEnvironment machine,
        Func<JsonObject> clusterInfo)
    {
        string command = exec.Text("command") ?? throw user.Problem("'exec' has no command");
        string apiVersion = exec.Text("apiVersion") ?? throw user.Problem("'exec' has no apiVersion");
        if (apiVersion is not (V1 or V1Beta1))
        {
            throw user.Problem($"the exec plug-in speaks '{apiVersion}', which is none of {V1} and {V1Beta1}");
        }

        return new ExecPlugin
        {
            ApiVersion = apiVersion,
            Command = command.Contains('/', StringComparison.Ordinal) ? exec.Path("command")! : command,
            Arguments = exec.Texts("args"),
            Environment = [.. exec.Children("env").Select(variable => (
                variable.Text("name") ?? throw user.Problem("a variable of 'exec.env' has no name"),
                variable.Text("value") ?? ""))],
            InstallHint = exec.Text("installHint"),
            InteractiveMode = exec.Text("interactiveMode") switch
            {
                null or "IfAvailable" => InteractiveMode.IfAvailable,
                "Never" => InteractiveMode.Never,
                "Always" => InteractiveMode.Always,
                string other => throw user.Problem(
                    $"'interactiveMode' must be Never, IfAvailable or Always, not '{other}'"),
            },
            ClusterInfo = exec.Flag("provideClusterInfo") ? clusterInfo() : null,
            SearchPath = machine.FirstOf("PATH") ?? "",
            HasTerminal = machine.HasTerminal,
            Origin = origin,
        };
    }
}
