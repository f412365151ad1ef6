namespace Landline.Kubernetes.Configuration;

/// <summary>What the user said on the command line about the cluster; null leaves it to the kubeconfig.</summary>
public sealed record KubeconfigOptions
{
    /// <summary>The only file that is read, instead of those in <c>KUBECONFIG</c>.</summary>
    public string? Path { get; init; }

    public string? Context { get; init; }

    public string? Namespace { get; init; }

    /// <summary>The user to impersonate.</summary>
    public string? As { get; init; }

    public IReadOnlyList<string> AsGroups { get; init; } = [];
}
