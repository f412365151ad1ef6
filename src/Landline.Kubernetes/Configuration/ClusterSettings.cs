using System.Security.Cryptography.X509Certificates;
using Landline.Kubernetes.Authentication;

namespace Landline.Kubernetes.Configuration;

/// <summary>Everything that is needed to speak to one cluster as one user. Holds secrets: never log it.</summary>
public sealed class ClusterSettings
{
    /// <summary>Name of the kubeconfig's context; <c>in-cluster</c> in a pod.</summary>
    public required string ContextName { get; init; }

    public string ClusterName { get; init; } = "";

    public string UserName { get; init; } = "";

    /// <summary>May have a path, as gateways to several clusters do.</summary>
    public required Uri Server { get; init; }

    /// <summary>The namespace to work in: asked for, or the context's, or <c>default</c>.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Whether the service account of a pod is used.</summary>
    public bool IsInCluster { get; init; }

    /// <summary>Who may sign the API server's certificate; null leaves it to the machine's trust store.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>The name that the API server's certificate must be for, when it is not the server's host.</summary>
    public string? TlsServerName { get; init; }

    public bool SkipTlsVerification { get; init; }

    /// <summary>How to reach the API server; null goes there directly.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>The user's credentials.</summary>
    public UserCredentials Credentials { get; init; } = UserCredentials.None;

    public Impersonation? Impersonation { get; init; }

    /// <summary>How the program names itself; the API server's audit log has it.</summary>
    public string UserAgent { get; init; } = "landline";

    /// <summary>
    /// End of the client certificate's validity as it was when the settings were loaded; null without a client
    /// certificate. An API server answers an expired certificate with 401 only.
    /// </summary>
    public DateTimeOffset? ClientCertificateNotAfter => Credentials.ClientCertificateNotAfter;

    public override string ToString() => $"{ContextName} ({Server})";
}

/// <summary>Act as somebody else: needs the right to impersonate.</summary>
public sealed record Impersonation
{
    public required string User { get; init; }

    public string? Uid { get; init; }

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();
}
