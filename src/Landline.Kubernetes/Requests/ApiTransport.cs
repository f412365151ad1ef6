using System.Net;
using System.Net.Security;
using Landline.Kubernetes.Authentication;
using Landline.Kubernetes.Configuration;
using Microsoft.Extensions.Logging;

namespace Landline.Kubernetes.Requests;

/// <summary>
/// Sends single HTTP requests to one API server, through its proxy, with the user's credentials as they are at the
/// moment. REST, watches and WebSockets all go through here, so that every kind of credential works for each.
/// </summary>
internal sealed class ApiTransport(ClusterSettings settings, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    // HTTP/2 pings: a link that is dead is noticed within the sum while a request or a watch waits.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    private readonly CredentialProvider _provider = new(settings.Credentials, time);
    private readonly ServerTrust _trust = new(settings);
    private readonly Lock _lock = new();

    // One for each client certificate there has been: a TLS connection keeps the one it began with, and watches go on
    // over old connections. Certificates change every few hours at most, and an idle handler holds no connections.
    private readonly List<(ClientCertificate? Certificate, HttpMessageInvoker Invoker)> _invokers = [];

    public ClusterSettings Settings => settings;

    public ServerClock Clock { get; } = new(time);

    /// <inheritdoc cref="CredentialProvider.LoginSays"/>
    public event Action<string>? LoginSays
    {
        add => _provider.LoginSays += value;
        remove => _provider.LoginSays -= value;
    }

    /// <summary>
    /// Sends it and waits for the headers of the answer. A 401 is tried once more with fresh credentials.
    /// </summary>
    /// <param name="make">Makes the message, once for each time it is sent.</param>
    /// <param name="timeout">For each time it is sent; getting credentials has limits of its own.</param>
    public async Task<HttpResponseMessage> SendAsync(
        Func<HttpRequestMessage> make, TimeSpan timeout, CancellationToken cancellationToken)
    {
        RequestCredentials credentials = await _provider.GetAsync(cancellationToken);
        HttpResponseMessage response = await SendOnceAsync(make, credentials, timeout, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !_provider.CanRefresh)
        {
            return response;
        }

        response.Dispose();
        KubernetesLog.CredentialsRefused(logger, settings.ContextName);
        _provider.Forget(credentials);
        credentials = await _provider.GetAsync(cancellationToken);
        return await SendOnceAsync(make, credentials, timeout, cancellationToken);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach ((_, HttpMessageInvoker invoker) in _invokers)
            {
                invoker.Dispose();
            }

            _invokers.Clear();
        }

        _provider.Dispose();
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        Func<HttpRequestMessage> make,
        RequestCredentials credentials,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        using HttpRequestMessage message = make();
        AddImpersonation(message);
        message.Headers.Authorization = credentials.Authorization;
        message.Headers.TryAddWithoutValidation("User-Agent", settings.UserAgent);

        // .NET takes the name for TLS from here and nowhere else; API servers do not look at this header.
        message.Headers.Host = settings.TlsServerName;
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            HttpResponseMessage response = await InvokerFor(credentials.Certificate).SendAsync(message, linked.Token);
            Clock.See(response.Headers.Date);
            return response;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw FailureClassifier.Classify(e, settings);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw FailureClassifier.TimedOut(settings, e); // Ours, or the handler's for connecting.
        }
    }

    private void AddImpersonation(HttpRequestMessage message)
    {
        if (settings.Impersonation is not { } impersonation)
        {
            return;
        }

        Add("Impersonate-User", [impersonation.User]);
        Add("Impersonate-Uid", impersonation.Uid is null ? [] : [impersonation.Uid]);
        Add("Impersonate-Group", impersonation.Groups);
        foreach ((string name, IReadOnlyList<string> values) in impersonation.Extra)
        {
            Add($"Impersonate-Extra-{Uri.EscapeDataString(name.ToLowerInvariant())}", values);
        }

        void Add(string name, IReadOnlyList<string> values)
        {
            if (values.Count == 1)
            {
                message.Headers.TryAddWithoutValidation(name, values[0]);
            }
            else if (values.Count > 1)
            {
                message.Headers.TryAddWithoutValidation(name, string.Join(HeaderLineSplitter.Separator, values));
                message.Version = HttpVersion.Version11;
                message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            }
        }
    }

    private HttpMessageInvoker InvokerFor(ClientCertificate? certificate)
    {
        lock (_lock)
        {
            int known = _invokers.FindIndex(entry => entry.Certificate == certificate);
            if (known < 0)
            {
                _invokers.Add((certificate, new HttpMessageInvoker(MakeHandler(certificate))));
                known = _invokers.Count - 1;
            }

            return _invokers[known].Invoker;
        }
    }

    private SocketsHttpHandler MakeHandler(ClientCertificate? certificate)
    {
        SslClientAuthenticationOptions tls = _trust.MakeOptions();
        if (certificate is not null)
        {
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(
                certificate.Leaf, certificate.Intermediates, offline: true);
        }

        return new SocketsHttpHandler
        {
            SslOptions = tls,
            UseProxy = settings.Proxy is not null,
            Proxy = settings.Proxy is null ? null : new ProxyAddress(settings.Proxy),
            ConnectTimeout = ConnectTimeout,
            ConnectCallback = ConnectionMaker.ConnectAsync,
            AllowAutoRedirect = false, // An API server does not redirect; a login page would get the token.
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            EnableMultipleHttp2Connections = true,
            PlaintextStreamFilter = settings.Impersonation is null
                ? null
                : (context, _) => ValueTask.FromResult(Filter(context)),
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
    }

    private static Stream Filter(SocketsHttpPlaintextStreamFilterContext context) =>
        context.NegotiatedHttpVersion.Major == 1
            ? new HeaderLineSplitter(context.PlaintextStream)
            : context.PlaintextStream;
}
