namespace Landline.Kubernetes.Resources;

/// <summary>What one API group in one version serves.</summary>
public sealed record ApiResourceList
{
    public string GroupVersion { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<ApiResource> Resources { get; init => field = value ?? []; } = [];
}

/// <param name="Name">The plural; <c>pods/status</c> and the like are subresources.</param>
public sealed record ApiResource(string Name, string Kind, bool Namespaced);

/// <summary>Answer of <c>/version</c>.</summary>
public sealed record VersionInfo(string? Major, string? Minor, string? GitVersion);
