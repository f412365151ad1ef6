using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Landline.Protocol.Links;

/// <summary>
/// Mutual TLS 1.3 between two sides that know each other's certificate by fingerprint. No CA, no names, no revocation:
/// whoever may read the fingerprint where it is kept trusts that place and nothing else.
/// </summary>
public static class PinnedTls
{
    private const string FingerprintPrefix = "sha256:";

    // Both sides keep their key in memory only; a certificate lives as long as its process and is trusted by its hash,
    // so the dates bind nobody. A day back allows for clocks that differ.
    private static readonly TimeSpan ClockDifference = TimeSpan.FromDays(1);
    private static readonly TimeSpan Validity = TimeSpan.FromDays(3650);

    // AES-128 costs about a tenth less CPU than the 256 that OpenSSL would choose.
    private static readonly CipherSuitesPolicy Suites = new(
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
    ]);

    /// <summary>A new ECDSA P-256 key and its self-signed certificate, which names nobody.</summary>
    public static X509Certificate2 CreateCertificate(TimeProvider timeProvider)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=landline", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = timeProvider.GetUtcNow();
        return request.CreateSelfSigned(now - ClockDifference, now + Validity);
    }

    /// <summary>"sha256:" and the lower-case hexadecimal SHA-256 of the DER certificate.</summary>
    public static string FingerprintOf(X509Certificate certificate) =>
        FingerprintPrefix + Convert.ToHexStringLower(SHA256.HashData(certificate.GetRawCertData()));

    /// <summary>Takes as long for two that differ in the first character as for two that differ in the last.</summary>
    public static bool AreSame(string fingerprint, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(fingerprint), Encoding.UTF8.GetBytes(other));

    /// <summary>Owns <paramref name="link"/>: it is disposed with the result, or when the handshake fails.</summary>
    /// <exception cref="AuthenticationException">The server's certificate is not the pinned one, or it speaks no TLS 1.3.</exception>
    /// <exception cref="IOException">The link broke.</exception>
    public static Task<SslStream> ClientAsync(
        Stream link, X509Certificate2 certificate, string serverFingerprint, CancellationToken cancellationToken)
    {
        var options = new SslClientAuthenticationOptions
        {
            // Empty: no server name goes over the wire in the clear.
            TargetHost = "",
            EnabledSslProtocols = SslProtocols.Tls13,
            CipherSuitesPolicy = Suites,
            ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            AllowTlsResume = false,
            AllowRenegotiation = false,
            RemoteCertificateValidationCallback = (_, server, _, _) =>
                server is not null && AreSame(FingerprintOf(server), serverFingerprint),
        };
        return AuthenticateAsync(link, (tls, token) => tls.AuthenticateAsClientAsync(options, token), cancellationToken);
    }

    /// <summary>
    /// Any client certificate passes here, none does not. The caller decides by <see cref="FingerprintOf"/> before it
    /// sends a byte. Owns <paramref name="link"/> as the client does.
    /// </summary>
    /// <exception cref="AuthenticationException">The client has no certificate, or speaks no TLS 1.3.</exception>
    public static Task<SslStream> ServerAsync(Stream link, X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls13,
            CipherSuitesPolicy = Suites,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,

            // A resumed handshake would show no client certificate, and tickets would be the first bytes of ours that an
            // unknown client gets.
            AllowTlsResume = false,
            AllowRenegotiation = false,
            RemoteCertificateValidationCallback = static (_, client, _, _) => client is not null,
        };
        return AuthenticateAsync(link, (tls, token) => tls.AuthenticateAsServerAsync(options, token), cancellationToken);
    }

    private static async Task<SslStream> AuthenticateAsync(
        Stream link, Func<SslStream, CancellationToken, Task> handshake, CancellationToken cancellationToken)
    {
        var coalescing = new CoalescingStream(link is SocketLink ? new ReadAheadStream(link) : link);
        var tls = new LinkTls(link, coalescing);
        try
        {
            await handshake(tls, cancellationToken);
            coalescing.StartCoalescing();
            return tls;
        }
        catch (SocketException e)
        {
            // Once it is up, SslStream does this by itself.
            await tls.DisposeAsync();
            throw new IOException(e.Message, e);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }
}
