using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Landline.TestSupport;

/// <summary>Certificate authorities of a test's own: a root, and one below it that signs, as larger clusters have them.</summary>
public sealed class FakeApiServerCertificates : IDisposable
{
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _authority;

    public FakeApiServerCertificates()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = AuthorityRequest("CN=fake-cluster-root", rootKey).CreateSelfSigned(now.AddDays(-10), now.AddYears(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = AuthorityRequest("CN=fake-cluster-ca", key)
            .Create(_root, now.AddDays(-10), now.AddMonths(6), RandomNumberGenerator.GetBytes(8));
        _authority = issued.CopyWithPrivateKey(key);
    }

    /// <summary>What a kubeconfig has: the root.</summary>
    public string AuthorityPem => _root.ExportCertificatePem();

    /// <summary>The authority between the root and the server, which the server sends along.</summary>
    public string IntermediatePem => _authority.ExportCertificatePem();

    public X509Certificate2Collection ServerChain => [X509Certificate2.CreateFromPem(IntermediatePem)];

    /// <summary>A server's certificate for names and addresses.</summary>
    public X509Certificate2 IssueServer(params string[] names)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        using X509Certificate2 issued = Issue("CN=kube-apiserver", alternatives.Build(), TimeSpan.FromDays(1), out ECDsa key);
        using (key)
        {
            return issued.CopyWithPrivateKey(key);
        }
    }

    /// <summary>A user's certificate and key in PEM.</summary>
    /// <param name="lifetime">From now; negative makes one that has expired.</param>
    public (string Certificate, string Key) IssueClient(string user, TimeSpan lifetime)
    {
        using X509Certificate2 issued = Issue($"CN={user}", null, lifetime, out ECDsa key);
        using (key)
        {
            return (issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        }
    }

    public void Dispose()
    {
        _authority.Dispose();
        _root.Dispose();
    }

    private static CertificateRequest AuthorityRequest(string subject, ECDsa key)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private X509Certificate2 Issue(string subject, X509Extension? names, TimeSpan lifetime, out ECDsa key)
    {
        key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (names is not null)
        {
            request.CertificateExtensions.Add(names);
        }

        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.Create(_authority, now.AddDays(-5), now + lifetime, RandomNumberGenerator.GetBytes(8));
    }
}
