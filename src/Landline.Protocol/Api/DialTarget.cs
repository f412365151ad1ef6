using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Landline.Protocol.Api;

/// <summary>
/// Where a stream goes: the open payload of Tcp and Udp streams, and of Echo streams (an address and port 0). Either
/// the address or the host name is set. Specified in docs/protocol/session.md.
/// <code>
/// u8 1 | 4 bytes IPv4 address  | u16 BE port
/// u8 2 | 16 bytes IPv6 address | u16 BE port
/// u8 3 | 1 to 253 bytes host name, ASCII | u16 BE port
/// </code>
/// </summary>
public readonly record struct DialTarget(IPAddress? Address, string? Host, ushort Port)
{
    /// <summary>Longest encoding: type, the longest host name there is (RFC 1035: 253 characters), port.</summary>
    public const int LongestBytes = 1 + LongestHost + 2;

    private const int LongestHost = 253;
    private const byte IPv4 = 1;
    private const byte IPv6 = 2;
    private const byte HostName = 3;

    public static DialTarget To(IPAddress address, ushort port) => new(address, null, port);

    public static DialTarget To(string host, ushort port) => new(null, host, port);

    public static DialTarget To(IPEndPoint endPoint) => new(endPoint.Address, null, (ushort)endPoint.Port);

    /// <summary>Returns the number of bytes written; <paramref name="destination"/> holds at least <see cref="LongestBytes"/>.</summary>
    /// <exception cref="ArgumentException">The target is no address and no host name that can be written.</exception>
    public static int Write(Span<byte> destination, DialTarget target)
    {
        int length;
        if (target.Address is { } address)
        {
            destination[0] = address.AddressFamily == AddressFamily.InterNetworkV6 ? IPv6 : IPv4;
            address.TryWriteBytes(destination[1..], out length);
        }
        else
        {
            if (!IsHostName(target.Host))
            {
                throw new ArgumentException($"Not a host name: '{target.Host}'.", nameof(target));
            }

            destination[0] = HostName;
            length = Encoding.ASCII.GetBytes(target.Host, destination[1..]);
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination[(1 + length)..], target.Port);
        return 1 + length + 2;
    }

    /// <summary>False = not what a correct peer writes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out DialTarget target)
    {
        target = default;
        if (payload.Length < 1 + 1 + 2)
        {
            return false;
        }

        ReadOnlySpan<byte> name = payload[1..^2];
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(payload[^2..]);
        switch (payload[0])
        {
            case IPv4 when name.Length == 4:
            case IPv6 when name.Length == 16:
                target = To(new IPAddress(name), port);
                return true;
            case HostName when name.Length <= LongestHost:
                string host = Encoding.ASCII.GetString(name);
                target = To(host, port);
                return IsHostName(host);
            default:
                return false;
        }
    }

    public override string ToString() => Address is null
        ? $"{Host}:{Port}"
        : new IPEndPoint(Address, Port).ToString();

    // Letters, digits, '-', '_' and '.': what names in a cluster consist of. Anything else could only mislead a resolver or a log.
    private static bool IsHostName([NotNullWhen(true)] string? host) =>
        host is { Length: > 0 and <= LongestHost } && host.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
