namespace Landline.Kubernetes.Configuration;

/// <summary>
/// The configuration cannot be used. The message is one sentence that names the file and the entry; nothing was sent
/// to a cluster.
/// </summary>
public sealed class KubernetesConfigurationException(string message, string? hint, Exception? innerException)
    : Exception(message, innerException)
{
    public KubernetesConfigurationException(string message)
        : this(message, null, null)
    {
    }

    /// <summary>What to do about it, such as the installation hint of an exec plug-in.</summary>
    public string? Hint { get; } = hint;
}
