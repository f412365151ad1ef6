using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Errors;

/// <summary>Kubeconfigs that are wrong in one way each, written to a folder of the caller's.</summary>
internal static class Kubeconfigs
{
    /// <summary>The admin's, with another server.</summary>
    public static string WithServer(string folder, string server) =>
        Write(folder, "other-server", File.ReadAllText(Lab.AdminKubeconfig).Replace(Lab.ApiServer, server, StringComparison.Ordinal));

    /// <summary>A certificate of the cluster's own authority that was valid until yesterday.</summary>
    public static string WithExpiredCertificate(string folder)
    {
        string pki = Path.Combine(Lab.State, "pki");
        using X509Certificate2 authority = X509Certificate2.CreateFromPemFile(Path.Combine(pki, "ca.crt"), Path.Combine(pki, "ca.key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("O=system:masters, CN=late", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();

        // A certificate may not begin before its authority; the lab's began when it came up.
        DateTimeOffset from = authority.NotBefore.ToUniversalTime();
        DateTimeOffset until = from.AddSeconds(1) < now ? from.AddSeconds(1) : now;
        using X509Certificate2 expired = request.Create(authority, from, until, [1, 2, 3, 4]);
        return Write(folder, "expired", File.ReadAllText(Lab.AdminKubeconfig)
            .Replace(DataOf("client-certificate-data"), Base64(expired.ExportCertificatePem()), StringComparison.Ordinal)
            .Replace(DataOf("client-key-data"), Base64(key.ExportPkcs8PrivateKeyPem()), StringComparison.Ordinal));
    }

    /// <summary>The value of one field of the admin's kubeconfig.</summary>
    public static string DataOf(string field)
    {
        string text = File.ReadAllText(Lab.AdminKubeconfig);
        int start = text.IndexOf($"{field}: \"", StringComparison.Ordinal) + field.Length + 3;
        return text[start..text.IndexOf('"', start)];
    }

    private static string Base64(string pem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));

    private static string Write(string folder, string name, string text)
    {
        string path = Path.Combine(folder, $"{name}.kubeconfig");
        File.WriteAllText(path, text);
        return path;
    }
}
