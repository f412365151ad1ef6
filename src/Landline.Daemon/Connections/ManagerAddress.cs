using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Landline.Daemon.Connections;

/// <summary>Where a direct link finds the manager: <c>HOST:PORT</c>, IPv6 in brackets.</summary>
public sealed record ManagerAddress(string Host, ushort Port)
{
    public static bool TryParse(string text, [NotNullWhen(true)] out ManagerAddress? address)
    {
        address = null;
        int colon = text.LastIndexOf(':');
        if (colon <= 0
            || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            || port == 0)
        {
            return false;
        }

        string host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']') && IPAddress.TryParse(host[1..^1], out _))
        {
            host = host[1..^1];
        }
        else if (Uri.CheckHostName(host) is not (UriHostNameType.Dns or UriHostNameType.IPv4))
        {
            return false;
        }

        address = new ManagerAddress(host, port);
        return true;
    }
}
