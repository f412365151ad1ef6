using System.Text.Json.Nodes;

namespace Landline.Kubernetes.Authentication;

/// <summary>When an exec plug-in may talk with the user.</summary>
internal enum InteractiveMode
{
    IfAvailable,
    Never,
    Always,
}

/// <summary>
/// A program that knows how to get credentials, as a kubeconfig describes it. See
/// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins.
/// </summary>
internal sealed record ExecPlugin
{
    /// <summary><c>client.authentication.k8s.io/v1</c> or <c>…/v1beta1</c>; the answer must have the same.</summary>
    public required string ApiVersion { get; init; }

    public required string Command { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyList<(string Name, string Value)> Environment { get; init; } = [];

    public string? InstallHint { get; init; }

    public InteractiveMode InteractiveMode { get; init; }

    /// <summary>What the plug-in is told about the cluster; null when it did not ask.</summary>
    public JsonObject? ClusterInfo { get; init; }

    /// <summary>Where commands without a folder are looked for, separated by colons.</summary>
    public string SearchPath { get; init; } = "";

    public bool HasTerminal { get; init; }

    /// <summary>For sentences: the user's entry.</summary>
    public required string Origin { get; init; }

    public override string ToString() => $"{Command} ({Origin})";
}
