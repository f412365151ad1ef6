using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Landline.Daemon.Dns;

/// <summary>Reverse names (in-addr.arpa, ip6.arpa) and the addresses and subnets that they stand for.</summary>
internal static class ReverseZones
{
    private const string IPv4Suffix = ".in-addr.arpa";
    private const string IPv6Suffix = ".ip6.arpa";

    /// <summary>The zones that make up a subnet: up to 128 when its prefix does not end at a label's boundary.</summary>
    public static IEnumerable<string> Of(IPNetwork subnet)
    {
        bool isIPv4 = subnet.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
        int labelBits = isIPv4 ? 8 : 4;
        int labels = Math.Max(1, (subnet.PrefixLength + labelBits - 1) / labelBits);
        int spare = (labels * labelBits) - subnet.PrefixLength;
        byte[] units = Units(subnet.BaseAddress.GetAddressBytes(), isIPv4);
        int first = units[labels - 1];
        for (int i = 0; i < 1 << spare; i++)
        {
            units[labels - 1] = (byte)(first + i);
            yield return Name(units.AsSpan(0, labels), isIPv4);
        }
    }

    /// <summary>The address that a full reverse name (32 or 128 bits) stands for.</summary>
    public static bool TryParse(string name, out IPAddress address)
    {
        address = IPAddress.None;
        bool isIPv4 = name.EndsWith(IPv4Suffix, StringComparison.Ordinal);
        if (!isIPv4 && !name.EndsWith(IPv6Suffix, StringComparison.Ordinal))
        {
            return false;
        }

        string[] labels = name[..^(isIPv4 ? IPv4Suffix : IPv6Suffix).Length].Split('.');
        if (labels.Length != (isIPv4 ? 4 : 32))
        {
            return false;
        }

        byte[] bytes = new byte[isIPv4 ? 4 : 16];
        for (int i = 0; i < labels.Length; i++)
        {
            NumberStyles style = isIPv4 ? NumberStyles.None : NumberStyles.AllowHexSpecifier;
            string label = labels[^(i + 1)];
            if ((!isIPv4 && label.Length != 1) || !byte.TryParse(label, style, CultureInfo.InvariantCulture, out byte unit))
            {
                return false;
            }

            int shift = isIPv4 || i % 2 == 1 ? 0 : 4;
            bytes[isIPv4 ? i : i / 2] |= (byte)(unit << shift);
        }

        address = new IPAddress(bytes);
        return true;
    }

    private static string Name(ReadOnlySpan<byte> units, bool isIPv4)
    {
        string format = isIPv4 ? "d" : "x";
        var labels = new List<string>(units.Length);
        foreach (byte unit in units)
        {
            labels.Insert(0, unit.ToString(format, CultureInfo.InvariantCulture));
        }

        return string.Join('.', labels) + (isIPv4 ? IPv4Suffix : IPv6Suffix);
    }

    private static byte[] Units(byte[] address, bool isIPv4) =>
        isIPv4 ? address : [.. address.SelectMany(value => new[] { (byte)(value >> 4), (byte)(value & 15) })];
}
