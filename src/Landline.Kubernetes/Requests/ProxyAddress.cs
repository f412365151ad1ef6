using System.Net;

namespace Landline.Kubernetes.Requests;

/// <summary>One proxy for every request; whether there is one at all has been decided before.</summary>
internal sealed class ProxyAddress : IWebProxy
{
    private readonly Uri _address;

    public ProxyAddress(Uri proxy)
    {
        // .NET's SOCKS5 always lets the proxy resolve names, which others call socks5h.
        string scheme = proxy.Scheme == "socks5h" ? "socks5" : proxy.Scheme;
        int port = proxy.Port >= 0 ? proxy.Port : 1080;
        _address = new UriBuilder(scheme, proxy.Host, port).Uri;
        string[] user = proxy.UserInfo.Split(':', 2);
        Credentials = proxy.UserInfo.Length == 0
            ? null
            : new NetworkCredential(
                Uri.UnescapeDataString(user[0]), user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "");
    }

    public ICredentials? Credentials { get; set; }

    public Uri GetProxy(Uri destination) => _address;

    public bool IsBypassed(Uri host) => false;
}
