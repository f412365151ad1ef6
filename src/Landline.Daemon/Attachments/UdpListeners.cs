using System.Globalization;
using System.Net;

namespace Landline.Daemon.Attachments;

/// <summary>
/// Whether a process of this machine listens on a UDP port. UDP itself tells only after the first datagram is lost, and
/// then it is too late for the original to answer it.
/// </summary>
internal static class UdpListeners
{
    private static readonly string[] Tables = ["/proc/net/udp", "/proc/net/udp6"];

    /// <summary>True also where that cannot be known: another machine, no /proc.</summary>
    public static bool MayListen(IPAddress address, int port) =>
        !IPAddress.IsLoopback(address) || !Array.Exists(Tables, File.Exists) || Tables.Any(table => Has(table, port));

    // "   sl  local_address rem_address …", then "  123: 0100007F:14E9 00000000:0000 07 …" for each socket; a connected
    // one does not listen for others.
    private static bool Has(string table, int port)
    {
        string wanted = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return File.Exists(table) && File.ReadLines(table).Skip(1).Any(line =>
        {
            string[] fields = line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries);
            return fields.Length == 4
                && fields[1].EndsWith(wanted, StringComparison.Ordinal)
                && fields[2].EndsWith(":0000", StringComparison.Ordinal);
        });
    }
}
