using Landline.Protocol.Api;

namespace Landline.Daemon.Installation;

/// <summary>What an administrator may choose about an installation.</summary>
public sealed record InstallOptions
{
    public const string DefaultImage = "localhost/landline:dev";

    public string Namespace { get; init; } = ClusterObjects.DefaultManagerNamespace;

    public string Image { get; init; } = DefaultImage;

    /// <summary>Never, IfNotPresent or Always; null: what fits the image.</summary>
    public string? ImagePullPolicy { get; init; }

    /// <summary>Whose members may reach the manager's session port; that alone gives nothing.</summary>
    public string AccessGroup { get; init; } = "system:authenticated";

    /// <summary>For the CRDs to be served and the manager to run.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Install also over a newer version.</summary>
    public bool AllowDowngrade { get; init; }

    /// <summary>Nodes have images of "localhost/" or have them not; no registry serves them.</summary>
    internal string EffectivePullPolicy =>
        ImagePullPolicy ?? (Image.StartsWith("localhost/", StringComparison.Ordinal) ? "Never" : "IfNotPresent");
}
