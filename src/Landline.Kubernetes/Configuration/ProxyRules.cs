using System.Globalization;
using System.Net;

namespace Landline.Kubernetes.Configuration;

/// <summary>
/// Which proxy the environment wants for a server: <c>HTTPS_PROXY</c> or <c>HTTP_PROXY</c> by the server's scheme, and
/// <c>NO_PROXY</c>, in both spellings, by the rules that kubectl (Go's net/http) has.
/// </summary>
internal static class ProxyRules
{
    /// <returns>Null to go there directly.</returns>
    /// <exception cref="KubernetesConfigurationException">The variable holds no address of a proxy.</exception>
    public static Uri? FromEnvironment(Uri server, MachineEnvironment machine)
    {
        string[] names = server.Scheme == Uri.UriSchemeHttps
            ? ["HTTPS_PROXY", "https_proxy"]
            : ["HTTP_PROXY", "http_proxy"];
        if (machine.FirstOf(names) is not { } value || IsExempt(server, machine.FirstOf("NO_PROXY", "no_proxy")))
        {
            return null;
        }

        return Parse(value.Contains("://", StringComparison.Ordinal) ? value : $"http://{value}")
            ?? throw new KubernetesConfigurationException(
                $"The environment variable {names[0]} holds no address of a proxy.");
    }

    /// <returns>Null when the text is no address of a proxy of a kind that is supported.</returns>
    public static Uri? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && uri.Host.Length > 0
        && uri.Scheme is "http" or "https" or "socks5" or "socks5h"
            ? uri
            : null;

    internal static bool IsExempt(Uri server, string? noProxy)
    {
        string host = server.IdnHost.TrimEnd('.');
        IPAddress? address = IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : null;
        if (host == "localhost" || (address is not null && IPAddress.IsLoopback(address)))
        {
            return true;
        }

        return (noProxy ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Any(rule => Matches(rule, host, address, server.Port));
    }

    private static bool Matches(string rule, string host, IPAddress? address, int port)
    {
        if (rule == "*")
        {
            return true;
        }

        if (rule.Contains('/', StringComparison.Ordinal))
        {
            return address is not null && IPNetwork.TryParse(rule, out IPNetwork network) && network.Contains(address);
        }

        if (IPAddress.TryParse(rule, out IPAddress? single))
        {
            return single.Equals(address);
        }

        int colon = rule.LastIndexOf(':');
        if (colon >= 0
            && int.TryParse(rule.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int onlyPort))
        {
            return onlyPort == port && Matches(rule[..colon].Trim('[', ']'), host, address, port);
        }

        // "example.com" is the name and all below it, ".example.com" and "*.example.com" only those below it.
        string domain = rule.TrimStart('*');
        return domain.StartsWith('.')
            ? host.EndsWith(domain, StringComparison.OrdinalIgnoreCase)
            : host.Equals(domain, StringComparison.OrdinalIgnoreCase)
                || host.EndsWith($".{domain}", StringComparison.OrdinalIgnoreCase);
    }
}
