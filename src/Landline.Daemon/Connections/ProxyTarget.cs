using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Landline.Daemon.Errors;

namespace Landline.Daemon.Connections;

/// <summary>
/// One value of <c>--also-proxy</c>: a subnet (an address is one of full length) or a host name that the cluster
/// resolves, each with a port if the user named one. The port is for people: routes know none.
/// </summary>
/// <param name="Text">As the user wrote it.</param>
public sealed record ProxyTarget(string Text, IPNetwork? Subnet, string? HostName, ushort? Port)
{
    private const int LongestHostName = 253;
    private const int LongestLabel = 63;

    public static ProxyTarget Parse(string text) =>
        TryParse(text, out ProxyTarget? target) ? target : throw DaemonErrors.AlsoProxyInvalid(text);

    /// <summary>Reads <c>HOST</c>, <c>IP</c>, <c>CIDR</c>, each also with <c>:PORT</c>; IPv6 with a port in brackets.</summary>
    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ProxyTarget? target)
    {
        target = null;
        string host = text;
        ushort? port = null;
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0)
            {
                return false;
            }

            host = text[1..end];
            if (end + 1 < text.Length && !(text[end + 1] == ':' && TryParsePort(text[(end + 2)..], out port)))
            {
                return false;
            }
        }
        else if (text.Count(c => c == ':') == 1)
        {
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            host = text[..colon];
            if (!TryParsePort(text[(colon + 1)..], out port))
            {
                return false;
            }
        }

        if (TryParseSubnet(host, out IPNetwork subnet))
        {
            target = new ProxyTarget(text, subnet, null, port);
        }
        else if (IsHostName(host))
        {
            target = new ProxyTarget(text, null, host.TrimEnd('.').ToLowerInvariant(), port);
        }

        return target is not null;
    }

    public static IPNetwork ParseNeverProxy(string text) =>
        TryParseSubnet(text, out IPNetwork subnet) ? subnet : throw DaemonErrors.NeverProxyInvalid(text);

    /// <summary>Host bits that are set are cleared: 10.1.2.3/16 means 10.1.0.0/16.</summary>
    public static bool TryParseSubnet(string text, out IPNetwork subnet)
    {
        subnet = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out IPAddress? address) || IsShorthand(text, address))
        {
            return false;
        }

        int bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        int length = bits;
        if (slash >= 0
            && (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits))
        {
            return false;
        }

        byte[] bytes = address.GetAddressBytes();
        for (int bit = length; bit < bits; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        subnet = new IPNetwork(new IPAddress(bytes), length);
        return true;
    }

    // The base library takes "10.1" for 10.0.0.1, as the C library does; here it is a typing error.
    private static bool IsShorthand(string text, IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork && text.Count(c => c == '.') != 3;

    private static bool TryParsePort(string text, out ushort? port)
    {
        bool valid = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0;
        port = valid ? number : null;
        return valid;
    }

    private static bool IsHostName(string text)
    {
        string name = text.TrimEnd('.');
        return name.Length is > 0 and <= LongestHostName
            && name.Split('.').All(label => label.Length is > 0 and <= LongestLabel
                && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
                && label[0] != '-'
                && label[^1] != '-')
            && name.Split('.')[^1].Any(c => !char.IsAsciiDigit(c));
    }
}
