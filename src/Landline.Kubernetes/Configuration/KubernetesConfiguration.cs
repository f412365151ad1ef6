using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Landline.Kubernetes.Authentication;

namespace Landline.Kubernetes.Configuration;

/// <summary>Finds out which cluster to speak to and as whom, by the rules that kubectl has.</summary>
public static class KubernetesConfiguration
{
    private const string ExecExtension = "client.authentication.k8s.io/exec";

    /// <summary>
    /// The kubeconfig where there is one, otherwise the service account of the pod that the process runs in. Blocks
    /// for the reading of a few small files.
    /// </summary>
    /// <exception cref="KubernetesConfigurationException">There is none, or it is wrong.</exception>
    public static ClusterSettings Load(KubeconfigOptions options) => Load(options, MachineEnvironment.Current);

    /// <inheritdoc cref="Load(KubeconfigOptions)"/>
    public static ClusterSettings Load(KubeconfigOptions options, MachineEnvironment machine)
    {
        string[] paths = Paths(options, machine);
        var kubeconfig = Kubeconfig.Read(paths, missingFilesAreAnError: options.Path is not null);
        if (kubeconfig.IsEmpty)
        {
            // As kubectl: a file that was named on the command line is never replaced by the pod's service account.
            return options.Path is null && options.Context is null && InClusterConfiguration.IsPossible(machine)
                ? InClusterConfiguration.Load(options, machine)
                : throw new KubernetesConfigurationException(
                    $"No cluster is configured: there are no entries in {string.Join(" or ", paths)}.",
                    "Set KUBECONFIG, or give --kubeconfig.",
                    null);
        }

        return Load(kubeconfig, options, machine);
    }

    /// <summary>The contexts there are, in order, for completion and for lists.</summary>
    /// <exception cref="KubernetesConfigurationException">A file cannot be read.</exception>
    public static IReadOnlyList<string> ContextNames(KubeconfigOptions options, MachineEnvironment machine) =>
        [.. Kubeconfig.Read(Paths(options, machine), missingFilesAreAnError: options.Path is not null).ContextNames];

    private static string[] Paths(KubeconfigOptions options, MachineEnvironment machine)
    {
        if (options.Path is not null)
        {
            return [options.Path];
        }

        string[] listed = (machine.FirstOf("KUBECONFIG") ?? "").Split(
            Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return listed.Length > 0 ? listed : [Path.Combine(machine.HomeFolder, ".kube", "config")];
    }

    private static ClusterSettings Load(Kubeconfig kubeconfig, KubeconfigOptions options, MachineEnvironment machine)
    {
        string contextName = options.Context ?? kubeconfig.CurrentContext
            ?? throw new KubernetesConfigurationException(
                $"No context was given and {kubeconfig.Files} has no current-context; there are: {List(kubeconfig)}.",
                "Give --context, or run: kubectl config use-context NAME",
                null);
        KubeconfigEntry context = kubeconfig.Context(contextName)
            ?? throw new KubernetesConfigurationException(
                $"There is no context '{contextName}' in {kubeconfig.Files}; there are: {List(kubeconfig)}.");
        string clusterName = context.Text("cluster") ?? throw context.Problem("no cluster is named");
        KubeconfigEntry cluster = kubeconfig.Cluster(clusterName)
            ?? throw context.Problem($"the cluster '{clusterName}' is named, which does not exist");
        string userName = context.Text("user") ?? "";
        KubeconfigEntry? user = userName.Length == 0
            ? null
            : kubeconfig.User(userName) ?? throw context.Problem($"the user '{userName}' is named, which does not exist");

        Uri server = ReadServer(cluster);
        bool skipTls = cluster.Flag("insecure-skip-tls-verify");
        return new ClusterSettings
        {
            ContextName = contextName,
            ClusterName = clusterName,
            UserName = userName,
            Server = server,
            Namespace = options.Namespace ?? context.Text("namespace") ?? "default",
            CertificateAuthorities = ReadAuthorities(cluster, clusterName, skipTls),
            TlsServerName = cluster.Text("tls-server-name"),
            SkipTlsVerification = skipTls,
            Proxy = cluster.Text("proxy-url") is { } proxy
                ? ProxyRules.Parse(proxy)
                    ?? throw cluster.Problem($"'proxy-url' must be an http, https or socks5 address, not '{proxy}'")
                : ProxyRules.FromEnvironment(server, machine),
            Credentials = user is null
                ? UserCredentials.None
                : UserCredentialsReader.Read(
                    user, $"user '{userName}' of {user.File}", machine, () => ClusterInfo(cluster, clusterName, server)),
            Impersonation = ImpersonationReader.Read(options, user),
        };
    }

    private static Uri ReadServer(KubeconfigEntry cluster)
    {
        string text = cluster.Text("server") ?? throw cluster.Problem("there is no server");
        string address = text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}";
        return Uri.TryCreate(address, UriKind.Absolute, out Uri? server)
            && server.Scheme is "http" or "https"
            && server.Host.Length > 0
            ? server
            : throw cluster.Problem($"'server' is no http or https address: '{text}'");
    }

    private static X509Certificate2Collection? ReadAuthorities(KubeconfigEntry cluster, string clusterName, bool skipTls)
    {
        byte[]? data = cluster.Data("certificate-authority-data");
        string? file = cluster.Path("certificate-authority");
        if (data is null && file is null)
        {
            return null;
        }

        if (skipTls)
        {
            throw cluster.Problem("a certificate authority and insecure-skip-tls-verify exclude each other");
        }

        string origin = $"cluster '{clusterName}' of {cluster.File}";
        return data is not null ? CertificateBundle.Parse(data, origin) : CertificateBundle.Read(file!, origin);
    }

    /// <summary>The <c>spec.cluster</c> of an ExecCredential, with the names that it has there.</summary>
    private static JsonObject ClusterInfo(KubeconfigEntry cluster, string clusterName, Uri server)
    {
        var info = new JsonObject { ["server"] = cluster.Text("server") ?? server.ToString() };
        byte[]? authority = cluster.Data("certificate-authority-data")
            ?? (cluster.Path("certificate-authority") is { } file ? File.ReadAllBytes(file) : null);
        AddIfAny("tls-server-name", cluster.Text("tls-server-name"));
        AddIfAny("insecure-skip-tls-verify", cluster.Flag("insecure-skip-tls-verify") ? JsonValue.Create(true) : null);
        AddIfAny("certificate-authority-data", authority is null ? null : Convert.ToBase64String(authority));
        AddIfAny("proxy-url", cluster.Text("proxy-url"));
        AddIfAny("config", Kubeconfig.ClusterExtension(cluster.File, clusterName, ExecExtension));
        return info;

        void AddIfAny(string name, JsonNode? value)
        {
            if (value is not null)
            {
                info[name] = value;
            }
        }
    }

    private static string List(Kubeconfig kubeconfig) =>
        string.Join(", ", kubeconfig.ContextNames.DefaultIfEmpty("none"));
}
