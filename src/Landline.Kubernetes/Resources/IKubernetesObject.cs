namespace Landline.Kubernetes.Resources;

/// <summary>What the object types of this folder have in common. The client itself does not ask for it.</summary>
public interface IKubernetesObject
{
    ObjectMeta Metadata { get; }
}
