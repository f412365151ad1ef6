namespace Landline.Kubernetes.Resources;

/// <summary>
/// The kinds of Kubernetes' own that are used here, in API versions that 1.20 and today's releases serve.
/// </summary>
public static class ResourceTypes
{
    public static ResourceType<ClusterNamespace> Namespaces { get; } =
        Core<ClusterNamespace>("namespaces", "Namespace", false);

    public static ResourceType<Node> Nodes { get; } = Core<Node>("nodes", "Node", false);

    public static ResourceType<Pod> Pods { get; } = Core<Pod>("pods", "Pod", true);

    public static ResourceType<Service> Services { get; } = Core<Service>("services", "Service", true);

    public static ResourceType<Endpoints> Endpoints { get; } = Core<Endpoints>("endpoints", "Endpoints", true);

    public static ResourceType<ConfigMap> ConfigMaps { get; } = Core<ConfigMap>("configmaps", "ConfigMap", true);

    public static ResourceType<ServiceAccount> ServiceAccounts { get; } =
        Core<ServiceAccount>("serviceaccounts", "ServiceAccount", true);

    public static ResourceType<ClusterEvent> Events { get; } = Core<ClusterEvent>("events", "Event", true);

    public static ResourceType<Workload> Deployments { get; } = Apps("deployments", "Deployment");

    public static ResourceType<Workload> StatefulSets { get; } = Apps("statefulsets", "StatefulSet");

    public static ResourceType<Workload> ReplicaSets { get; } = Apps("replicasets", "ReplicaSet");

    public static ResourceType<Workload> DaemonSets { get; } = Apps("daemonsets", "DaemonSet");

    /// <summary>Served since Kubernetes 1.33; before, asking is answered with 404.</summary>
    public static ResourceType<ServiceCidr> ServiceCidrs { get; } =
        new("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", false, WireFormat.Of<ServiceCidr>());

    public static ResourceType<CustomResourceDefinition> CustomResourceDefinitions { get; } =
        new(
            "apiextensions.k8s.io",
            "v1",
            "customresourcedefinitions",
            "CustomResourceDefinition",
            false,
            WireFormat.Of<CustomResourceDefinition>());

    public static ResourceType<TokenReview> TokenReviews { get; } =
        new("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", false, WireFormat.Of<TokenReview>());

    public static ResourceType<SelfSubjectAccessReview> SelfSubjectAccessReviews { get; } =
        new(
            "authorization.k8s.io",
            "v1",
            "selfsubjectaccessreviews",
            "SelfSubjectAccessReview",
            false,
            WireFormat.Of<SelfSubjectAccessReview>());

    private static ResourceType<T> Core<T>(string plural, string kind, bool namespaced)
        where T : class => new("", "v1", plural, kind, namespaced, WireFormat.Of<T>());

    private static ResourceType<Workload> Apps(string plural, string kind) =>
        new("apps", "v1", plural, kind, true, WireFormat.Of<Workload>());
}
