namespace Landline.Networking.Packets;

/// <summary>Protocol numbers of the IP header that this program looks into (IANA "Protocol Numbers").</summary>
public static class IpProtocol
{
    public const byte Icmp = 1;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte IcmpV6 = 58;
}
