using System.Net.Sockets;
using System.Security.Authentication;
using Landline.Kubernetes.Configuration;

namespace Landline.Kubernetes.Requests;

/// <summary>Turns what the network stack throws into a failure that says who did not answer and why.</summary>
internal static class FailureClassifier
{
    public static KubernetesConnectionException Classify(Exception exception, ClusterSettings settings)
    {
        Uri server = settings.Server;
        string at = $"{server.Host}:{server.Port}";
        IEnumerable<Exception> causes = Causes(exception).ToList();
        if (causes.OfType<UntrustedServerException>().FirstOrDefault() is { } untrusted)
        {
            return Make(
                ConnectionFailure.CertificateNotTrusted, $"The API server at {at} is not trusted: {untrusted.Message}.");
        }

        HttpRequestError error = causes.OfType<HttpRequestException>().FirstOrDefault()?.HttpRequestError
            ?? HttpRequestError.Unknown;
        if (error == HttpRequestError.ProxyTunnelError)
        {
            return Make(
                ConnectionFailure.ProxyFailed,
                $"The proxy {Address(settings.Proxy)} does not connect to the API server at {at} ({Innermost()}).");
        }

        if (settings.Proxy is not null
            && error is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
        {
            return Make(
                ConnectionFailure.ProxyFailed,
                $"The proxy {Address(settings.Proxy)} for the API server at {at} cannot be reached ({Innermost()}).");
        }

        if (causes.OfType<AuthenticationException>().Any() || error == HttpRequestError.SecureConnectionError)
        {
            return Make(
                ConnectionFailure.TlsFailed, $"The TLS handshake with the API server at {at} failed ({Innermost()}).");
        }

        return causes.OfType<SocketException>().FirstOrDefault()?.SocketErrorCode switch
        {
            SocketError.TimedOut => TimedOut(settings, exception),
            SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData =>
                Make(ConnectionFailure.Unreachable, $"The API server's name {server.Host} cannot be resolved."),
            not null when error is HttpRequestError.ConnectionError =>
                Make(ConnectionFailure.Unreachable, $"The API server at {at} cannot be reached ({Innermost()})."),
            _ => causes.OfType<TimeoutException>().Any()
                ? TimedOut(settings, exception)
                : Make(ConnectionFailure.Interrupted, $"The connection to the API server at {at} broke ({Innermost()})."),
        };

        KubernetesConnectionException Make(ConnectionFailure failure, string message) =>
            new(failure, server, message, exception);

        // Lower case and without its full stop, because it goes into a sentence.
        string Innermost()
        {
            string text = causes.Last().Message.TrimEnd('.');
            return text.Length > 1 && char.IsUpper(text[0]) && char.IsLower(text[1])
                ? char.ToLowerInvariant(text[0]) + text[1..]
                : text;
        }
    }

    public static KubernetesConnectionException TimedOut(ClusterSettings settings, Exception? cause) => new(
        ConnectionFailure.TimedOut,
        settings.Server,
        $"The API server at {settings.Server.Host}:{settings.Server.Port} did not answer in time"
            + $"{(settings.Proxy is null ? "" : $" through the proxy {Address(settings.Proxy)}")}.",
        cause);

    /// <summary>Without the password that it may contain.</summary>
    private static string Address(Uri? proxy) => proxy is null ? "" : $"{proxy.Scheme}://{proxy.Host}:{proxy.Port}";

    private static IEnumerable<Exception> Causes(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            yield return e;
        }
    }
}
