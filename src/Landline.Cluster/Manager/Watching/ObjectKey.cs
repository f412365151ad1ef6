using Landline.Kubernetes.Resources;

namespace Landline.Cluster.Manager.Watching;

/// <summary>Names an object of one kind. The namespace is empty for a kind that has none.</summary>
internal readonly record struct ObjectKey(string Namespace, string Name)
{
    public static ObjectKey Of(IKubernetesObject item) => new(item.Metadata.Namespace ?? "", item.Metadata.Name ?? "");

    /// <summary>False = not "namespace/name".</summary>
    public static bool TryParse(string text, out ObjectKey key)
    {
        string[] parts = text.Split('/');
        key = parts is [var ns, var name] ? new ObjectKey(ns, name) : default;
        return key.Name is { Length: > 0 } && key.Namespace.Length > 0;
    }

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
