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

    /// <param name="kubeconfigFile">The only file that is read; it must exist. Null: those of the variable KUBECONFIG, or the usual one.</param>
    /// <exception cref="Protocol.Errors.UserErrorException">There is no usable configuration.</exception>
    public static ClusterTarget Load(string? kubeconfigFile, string? context, string? @namespace, string? actAs) => Load(
        new KubeconfigOptions { Path = kubeconfigFile, Context = context, Namespace = @namespace, As = actAs }, MachineEnvironment.Current);

    /// <inheritdoc cref="Load(string?, string?, string?, string?)"/>
    public static ClusterTarget Load(ConnectRequest request)
    {
        // The variable as it was for the command, not set if it was not: a daemon lives in another environment.
        MachineEnvironment machine = MachineEnvironment.Current with
        {
            Variable = name => name == "KUBECONFIG" ? request.Kubeconfig : Environment.GetEnvironmentVariable(name),
        };
        return Load(
            new KubeconfigOptions
            {
                Path = request.KubeconfigFile, Context = request.Context, Namespace = request.Namespace, As = request.ActAs,
            },
            machine);
    }

    /// <summary>For completion: what <c>--context</c> can be. Nothing where the configuration cannot be read; the command itself says why.</summary>
    public static IReadOnlyList<string> ContextNames(string? kubeconfigFile)
    {
        try
        {
            return KubernetesConfiguration.ContextNames(new KubeconfigOptions { Path = kubeconfigFile }, MachineEnvironment.Current);
        }
        catch (KubernetesConfigurationException)
        {
            return [];
        }
    }

    private static ClusterTarget Load(KubeconfigOptions options, MachineEnvironment machine)
    {
        try
        {
            return new ClusterTarget(KubernetesConfiguration.Load(options, machine));
        }
        catch (KubernetesConfigurationException e)
        {
            throw DaemonErrors.KubeconfigInvalid(e);
        }
    }
}
