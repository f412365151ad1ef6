using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Landline.Daemon.NetHelper;

/// <summary>
/// Turns what the daemon sent into settings, and refuses whatever is not plainly right: the daemon runs as the user,
/// the net helper as root, and these texts end up in commands and in resolv.conf.
/// </summary>
internal static class RequestCheck
{
    private const int MostRoutes = 2048;
    private const int MostProtected = 64;
    private const int MostSearchDomains = 32;
    private const int MostRoutingDomains = 8192;

    // A wider one takes half the internet; no cluster has it.
    private const int ShortestPrefix = 8;

    // Interface names have at most 15 characters, of which three are for the number.
    private const int LongestDevicePrefix = 12;
    private const int LongestConnection = 63;
    private const int LongestDomain = 253;
    private const int LongestLabel = 63;

    private static readonly SearchValues<char> LowerAndDigits = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    // 240.0.0.0/4 is not among them: GKE gives it to pods, and Linux takes its addresses for ordinary ones.
    private static readonly IPNetwork[] Unroutable =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("255.255.255.255/32"),
        IPNetwork.Parse("::/96"), IPNetwork.Parse("::ffff:0:0/96"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("ff00::/8"),
    ];

    /// <exception cref="HelperFailureException">What is wrong, with the value.</exception>
    public static NetworkSetup SetUp(SetUpRecord record)
    {
        Require(IsName(record.Connection, LongestConnection), $"'{record.Connection}' is no connection name");
        Require(
            record.DevicePrefix.Length is > 0 and <= LongestDevicePrefix
                && char.IsAsciiLetterLower(record.DevicePrefix[0])
                && !record.DevicePrefix.AsSpan().ContainsAnyExcept(LowerAndDigits),
            $"'{record.DevicePrefix}' is no device name");
        Require(record.Mtu is >= 1280 and <= 65535, $"MTU {record.Mtu} is not between 1280 and 65535");
        Require(
            record.TransmitQueueLength is >= 1 and <= 1_000_000,
            $"queue length {record.TransmitQueueLength} is not between 1 and 1000000");
        DeviceAddress[] addresses = [.. Bounded(record.Addresses, 2, "addresses").Select(Address)];
        Require(
            addresses.Length is 1 or 2 && addresses.DistinctBy(address => address.Address.AddressFamily).Count() == addresses.Length,
            "a device has one IPv4 address, one IPv6 address, or one of each");
        return new NetworkSetup(
            record.Connection,
            record.DevicePrefix,
            addresses,
            record.Mtu,
            record.TransmitQueueLength,
            Routes(record.Routes),
            Dns(record.Dns, addresses));
    }

    /// <exception cref="HelperFailureException">What is wrong, with the value.</exception>
    public static RouteSettings Routes(RoutesRecord record)
    {
        IPNetwork[] subnets = [.. Bounded(record.Subnets, MostRoutes, "subnets").Select(Subnet).Distinct()];
        IPAddress[] kept = [.. Bounded(record.ProtectedAddresses, MostProtected, "protected addresses").Select(ParseAddress)];
        foreach (IPNetwork subnet in subnets)
        {
            IPAddress? covered = kept.FirstOrDefault(subnet.Contains);
            Require(covered is null, $"the route {subnet} would take {covered}, through which the cluster is reached");
        }

        return new RouteSettings(
            subnets, [.. Bounded(record.MayTakeOver, MostRoutes, "subnets").Select(Subnet)], kept);
    }

    /// <exception cref="HelperFailureException">What is wrong, with the value.</exception>
    public static DnsSettings Dns(DnsRecord record, IReadOnlyList<DeviceAddress> addresses)
    {
        IPAddress listen = ParseAddress(record.ListenAddress);
        Require(
            addresses.Any(address => address.Address.Equals(listen)),
            $"{record.ListenAddress} is none of the device's addresses");
        return new DnsSettings(
            listen,
            [.. Bounded(record.SearchDomains, MostSearchDomains, "search domains").Select(Domain)],
            [.. Bounded(record.RoutingDomains, MostRoutingDomains, "routing domains").Select(Domain)]);
    }

    private static DeviceAddress Address(string text)
    {
        string[] parts = text.Split('/');
        Require(parts.Length == 2 && int.TryParse(parts[1], out _), $"'{text}' is no address with a prefix length");
        IPAddress address = ParseAddress(parts[0]);
        int prefixLength = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
        Require(!Unroutable.Any(network => network.Contains(address)), $"{address} cannot be a device's address");
        Require(
            prefixLength >= ShortestPrefix && prefixLength <= Bits(address),
            $"the prefix length of '{text}' is not between {ShortestPrefix} and {Bits(address)}");
        return new DeviceAddress(address, prefixLength);
    }

    private static IPNetwork Subnet(string text)
    {
        Require(IPNetwork.TryParse(text, out IPNetwork subnet), $"'{text}' is no subnet");
        Require(subnet.PrefixLength >= ShortestPrefix, $"the route {subnet} is too wide");
        Require(
            !Unroutable.Any(network => network.Contains(subnet.BaseAddress)),
            $"{subnet} is not for routing");
        return subnet;
    }

    private static IPAddress ParseAddress(string text)
    {
        // Scope ids and abbreviations such as "10.1" would not come back as they went in.
        Require(IPAddress.TryParse(text, out IPAddress? address) && address.ToString() == text, $"'{text}' is no address");
        return address!;
    }

    private static string Domain(string text)
    {
        Require(
            IsName(text, LongestDomain) && text.Split('.').All(label => label.Length is > 0 and <= LongestLabel),
            $"'{text}' is no domain name");
        return text;
    }

    // No space, no line end, no leading dash that a command would take for an option.
    private static bool IsName(string text, int longest) =>
        text.Length > 0 && text.Length <= longest && text[0] != '-' && !text.AsSpan().ContainsAnyExcept(NameCharacters);

    private static IReadOnlyList<string> Bounded(IReadOnlyList<string> values, int most, string what)
    {
        Require(values.Count <= most, $"{values.Count} {what} are more than {most}");
        Require(values.All(value => value is not null), $"one of the {what} is null");
        return values;
    }

    private static int Bits(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw HelperFailureException.Invalid(otherwise);
        }
    }
}
