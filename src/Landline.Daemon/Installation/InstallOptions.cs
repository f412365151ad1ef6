using Landline.Protocol.Api;

namespace Landline.Daemon.Installation;

/// <summary>What an administrator may choose about an installation.</summary>
public sealed record InstallOptions
{
    public const string DefaultImage = "localhost/landline:dev";

    public const string DefaultAccessGroup = "system:authenticated";

    public string Namespace { get; init; } = ClusterObjects.DefaultManagerNamespace;

    /// <summary>Null: what is installed, otherwise <see cref="DefaultImage"/>.</summary>
    public string? Image { get; init; }

    /// <summary>Never, IfNotPresent or Always; null: what is installed with the image, otherwise what fits it.</summary>
    public string? ImagePullPolicy { get; init; }

    /// <summary>
    /// Whose members may reach the manager's session port; that alone gives nothing. Null: who may already, otherwise
    /// <see cref="DefaultAccessGroup"/>.
    /// </summary>
    public string? AccessGroup { get; init; }

    /// <summary>In CIDR notation: what the manager is not to connect to for anybody. Null: what is installed.</summary>
    public IReadOnlyList<string>? DeniedSubnets { get; init; }

    /// <summary>For the CRDs to be served and the manager to run.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Install also over a newer version.</summary>
    public bool AllowDowngrade { get; init; }

    internal string EffectiveImage => Image ?? DefaultImage;

    internal string EffectiveAccessGroup => AccessGroup ?? DefaultAccessGroup;

    /// <summary>Nodes have images of "localhost/" or have them not; no registry serves them.</summary>
    internal string EffectivePullPolicy =>
        ImagePullPolicy ?? (EffectiveImage.StartsWith("localhost/", StringComparison.Ordinal) ? "Never" : "IfNotPresent");
}
