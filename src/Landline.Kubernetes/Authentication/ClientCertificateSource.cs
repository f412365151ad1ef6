using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Landline.Kubernetes.Configuration;

namespace Landline.Kubernetes.Authentication;

/// <summary>
/// A client certificate with its key, from data or from files. Files are looked at again when they have changed,
/// because tools that renew certificates write to the same place.
/// </summary>
internal sealed class ClientCertificateSource
{
    private readonly string _origin;
    private readonly byte[]? _certificateData;
    private readonly byte[]? _keyData;
    private readonly string? _certificateFile;
    private readonly string? _keyFile;
    private readonly Lock _lock = new();
    private (DateTime Certificate, DateTime Key) _written;
    private ClientCertificate? _loaded;

    /// <param name="origin">For sentences: the user's entry.</param>
    /// <param name="certificateData">PEM; wins over the file.</param>
    /// <param name="keyData">PEM; wins over the file.</param>
    public ClientCertificateSource(
        string origin, byte[]? certificateData, string? certificateFile, byte[]? keyData, string? keyFile)
    {
        _origin = origin;
        _certificateData = certificateData;
        _certificateFile = certificateFile;
        _keyData = keyData;
        _keyFile = keyFile;
    }

    /// <exception cref="KubernetesConfigurationException">The certificate or its key cannot be read.</exception>
    public ClientCertificate Load()
    {
        lock (_lock)
        {
            (DateTime, DateTime) written = (WrittenAt(_certificateData, _certificateFile), WrittenAt(_keyData, _keyFile));
            if (_loaded is null || written != _written)
            {
                _loaded = ClientCertificate.Parse(
                    Read(_certificateData, _certificateFile), Read(_keyData, _keyFile), _origin);
                _written = written;
            }

            return _loaded;
        }
    }

    private static DateTime WrittenAt(byte[]? data, string? file)
    {
        if (data is not null || !File.Exists(file))
        {
            return default;
        }

        // Projected volumes are links: only what they point to changes.
        return File.GetLastWriteTimeUtc(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file);
    }

    private string Read(byte[]? data, string? file)
    {
        if (data is not null)
        {
            return Encoding.UTF8.GetString(data);
        }

        try
        {
            return File.ReadAllText(file!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException(
                $"The file {file}, which {_origin} names, cannot be read: {e.Message}", null, e);
        }
    }
}

/// <summary>A client certificate with its key, and those between it and its authority.</summary>
internal sealed class ClientCertificate(X509Certificate2 leaf, X509Certificate2Collection intermediates)
{
    public X509Certificate2 Leaf => leaf;

    public X509Certificate2Collection Intermediates => intermediates;

    /// <exception cref="KubernetesConfigurationException">It is not PEM, or the key is not the certificate's.</exception>
    public static ClientCertificate Parse(string certificatePem, string keyPem, string origin)
    {
        try
        {
            var leaf = X509Certificate2.CreateFromPem(certificatePem, keyPem);
            var all = new X509Certificate2Collection();
            all.ImportFromPem(certificatePem);
            return new ClientCertificate(leaf, [.. all.Where(other => other.Thumbprint != leaf.Thumbprint)]);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubernetesConfigurationException(
                $"The client certificate of {origin} cannot be used: {e.Message}", null, e);
        }
    }
}
