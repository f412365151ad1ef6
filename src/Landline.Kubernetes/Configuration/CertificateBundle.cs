using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Landline.Kubernetes.Configuration;

/// <summary>Certificates of authorities, in PEM.</summary>
internal static class CertificateBundle
{
    /// <param name="origin">For sentences: where the text is from.</param>
    /// <exception cref="KubernetesConfigurationException">There is no certificate in it.</exception>
    public static X509Certificate2Collection Parse(byte[] pem, string origin)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Encoding.UTF8.GetString(pem));
        }
        catch (CryptographicException e)
        {
            throw new KubernetesConfigurationException(
                $"The certificate authority of {origin} cannot be read: {e.Message}", null, e);
        }

        return certificates.Count > 0
            ? certificates
            : throw new KubernetesConfigurationException(
                $"The certificate authority of {origin} holds no certificate in PEM.");
    }

    /// <exception cref="KubernetesConfigurationException">It cannot be read, or holds no certificate.</exception>
    public static X509Certificate2Collection Read(string file, string origin)
    {
        byte[] pem;
        try
        {
            pem = File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException(
                $"The certificate authority {file}, which {origin} names, cannot be read: {e.Message}", null, e);
        }

        return Parse(pem, $"{origin} ({file})");
    }
}
