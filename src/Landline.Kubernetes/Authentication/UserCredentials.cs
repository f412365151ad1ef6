namespace Landline.Kubernetes.Authentication;

/// <summary>
/// Where the credentials of a kubeconfig's user come from. Several may be set, as in a kubeconfig: a client
/// certificate goes with any of the others; of the others the first in the order of the properties counts.
/// </summary>
public sealed class UserCredentials
{
    public static UserCredentials None { get; } = new();

    /// <summary>End of the client certificate's validity when the settings were loaded; null without one.</summary>
    public DateTimeOffset? ClientCertificateNotAfter { get; internal init; }

    internal ClientCertificateSource? ClientCertificate { get; init; }

    /// <summary>A file whose content is the token; it is read again and again because others replace it.</summary>
    internal string? TokenFile { get; init; }

    internal string? Token { get; init; }

    internal string? Username { get; init; }

    internal string? Password { get; init; }

    internal ExecPlugin? Exec { get; init; }

    /// <summary>For sentences: the user's entry.</summary>
    internal string Origin { get; init; } = "";

    /// <summary>A user with a bearer token, for programs and tests that do not start from a kubeconfig.</summary>
    public static UserCredentials FromToken(string token) => new() { Token = token, Origin = "the given token" };
}
