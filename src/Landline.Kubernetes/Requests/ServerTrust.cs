using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Landline.Kubernetes.Configuration;

namespace Landline.Kubernetes.Requests;

/// <summary>
/// The API server's certificate is not the one that was expected; the message says what is wrong with it.
/// </summary>
internal sealed class UntrustedServerException(string message) : AuthenticationException(message);

/// <summary>Decides whether the certificate of an API server is trusted.</summary>
internal sealed class ServerTrust(ClusterSettings settings)
{
    public SslClientAuthenticationOptions MakeOptions() => new()
    {
        RemoteCertificateValidationCallback = Validate,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck, // As kubectl: cluster CAs publish no lists.
        CertificateChainPolicy = settings.CertificateAuthorities is { } authorities ? Policy(authorities) : null,
    };

    private static X509ChainPolicy Policy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None || settings.SkipTlsVerification)
        {
            return true;
        }

        if (certificate is not X509Certificate2 leaf || chain is null)
        {
            throw new UntrustedServerException("the server has no certificate");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && !EndsAtAuthority(chain))
        {
            throw new UntrustedServerException(Describe(leaf, chain));
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? throw new UntrustedServerException($"the server's certificate is for {Names(leaf)}")
            : true;
    }

    /// <summary>
    /// Whether the chain comes without any other complaint to an authority of the kubeconfig that another one has
    /// signed: kubectl trusts such an authority, .NET wants to see a root.
    /// </summary>
    private bool EndsAtAuthority(X509Chain chain)
    {
        if (settings.CertificateAuthorities is not { } authorities)
        {
            return false;
        }

        foreach (X509ChainElement element in chain.ChainElements)
        {
            if (element.ChainElementStatus.Any(status =>
                status.Status is not (X509ChainStatusFlags.PartialChain
                    or X509ChainStatusFlags.UntrustedRoot
                    or X509ChainStatusFlags.NoError)))
            {
                return false;
            }

            if (authorities.Any(authority =>
                authority.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)))
            {
                return true;
            }
        }

        return false;
    }

    private static string Describe(X509Certificate2 leaf, X509Chain chain)
    {
        if (chain.ChainStatus.Any(status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid)))
        {
            return "the server's certificate, or its authority's, is not valid now "
                + $"(it is from {leaf.NotBefore:u} to {leaf.NotAfter:u})";
        }

        return chain.ChainStatus.Any(status => status.Status
            is X509ChainStatusFlags.UntrustedRoot
            or X509ChainStatusFlags.PartialChain
            or X509ChainStatusFlags.NotSignatureValid)
                ? $"the server's certificate is signed by an authority that is not trusted ({leaf.IssuerName.Name})"
                : $"the server's certificate is not accepted "
                    + $"({string.Join(", ", chain.ChainStatus.Select(status => status.Status))})";
    }

    private static string Names(X509Certificate2 leaf)
    {
        IEnumerable<string> names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(names => names.EnumerateDnsNames()
                .Concat(names.EnumerateIPAddresses().Select(address => address.ToString())));
        return string.Join(", ", names.DefaultIfEmpty("no name"));
    }
}
