using Landline.Daemon.Errors;
using Landline.Kubernetes.Configuration;
using Landline.Protocol.Api;

namespace Landline.Daemon.Connections;

/// <summary>Which cluster, as whom and in which namespace, after the kubeconfig's rules.</summary>
public sealed class ClusterTarget
{
    private ClusterTarget(ClusterSettings settings) => Settings = settings;

    /// <summary>Null inside a cluster, where there is no kubeconfig.</summary>
    public string? Context => Settings.IsInCluster ? null : Settings.ContextName;

    public string Namespace => Settings.Namespace;

    public Uri Server => Settings.Server;

    internal ClusterSettings Settings { get; }

    /// <param name="kubeconfig">One path or several, colon-separated; null: the usual rules.</param>
    /// <exception cref="Protocol.Errors.UserErrorException">There is no usable configuration.</exception>
    public static ClusterTarget Load(string? kubeconfig, string? context, string? @namespace, string? actAs)
    {
        // A list is only understood from the variable, where kubectl has it too; a path is the only file then.
        MachineEnvironment machine = MachineEnvironment.Current;
        if (kubeconfig is not null)
        {
            machine = machine with { Variable = name => name == "KUBECONFIG" ? kubeconfig : Environment.GetEnvironmentVariable(name) };
        }

        try
        {
            return new ClusterTarget(KubernetesConfiguration.Load(
                new KubeconfigOptions { Context = context, Namespace = @namespace, As = actAs }, machine));
        }
        catch (KubernetesConfigurationException e)
        {
            throw DaemonErrors.KubeconfigInvalid(e);
        }
    }

    /// <inheritdoc cref="Load(string?, string?, string?, string?)"/>
    public static ClusterTarget Load(ConnectRequest request) =>
        Load(request.Kubeconfig, request.Context, request.Namespace, request.ActAs);
}
