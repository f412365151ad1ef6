namespace Landline.Kubernetes;

/// <summary>Why no answer came from the API server.</summary>
public enum ConnectionFailure
{
    /// <summary>No such host, nothing listens there, or no route.</summary>
    Unreachable,

    /// <summary>Neither a connection nor a refusal, or no answer, within the deadline.</summary>
    TimedOut,

    /// <summary>The server's certificate is not trusted or is for another name.</summary>
    CertificateNotTrusted,

    /// <summary>
    /// The server ended the TLS handshake, for example because of the client certificate, or does not speak TLS.
    /// </summary>
    TlsFailed,

    /// <summary>The proxy did not connect to the API server.</summary>
    ProxyFailed,

    /// <summary>The connection broke while it was used.</summary>
    Interrupted,
}

/// <summary>No answer came from the API server. The message is one sentence with the server's address.</summary>
public sealed class KubernetesConnectionException(
    ConnectionFailure failure, Uri server, string message, Exception? innerException)
    : IOException(message, innerException)
{
    public ConnectionFailure Failure { get; } = failure;

    public Uri Server { get; } = server;
}
