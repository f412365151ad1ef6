using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Containers;

/// <summary>
/// Tells whether a connection or datagram inside a pod comes from a process of certain containers: an exec probe dials its
/// own container, and must reach it whatever is attached. The kernel's tables of sockets give the inode (proc(5),
/// <c>/proc/net/tcp</c> and <c>udp</c>), and the containers' open descriptors tell whether it is theirs.
/// </summary>
internal sealed class ConnectionOwner(string proc, ContainerFinder containers)
{
    /// <param name="process">A process in the pod's network namespace.</param>
    /// <param name="source">The end that dialled.</param>
    /// <param name="destination">What it dialled, before any redirect.</param>
    public bool IsOneOf(string[] containerIds, ContainerProcess process, PortProtocol protocol, IPEndPoint source, IPEndPoint destination)
    {
        string[] sockets =
        [
            .. (protocol == PortProtocol.Tcp ? TcpInodes(process, source, destination) : UdpInodes(process, source)).Select(inode => $"socket:[{inode}]"),
        ];
        return sockets.Length > 0 && containers.ProcessIdsOf(containerIds).Any(processId => HoldsAny(processId, sockets));
    }

    private IEnumerable<string> TcpInodes(ContainerProcess process, IPEndPoint source, IPEndPoint destination)
    {
        (string, string)[] wanted = [(Hex(source), Hex(destination)), (HexMapped(source), HexMapped(destination))];
        return Sockets(process, "tcp").Where(socket => wanted.Contains((socket.Local, socket.Remote))).Select(socket => socket.Inode);
    }

    // A socket that asks is seldom bound to an address, or connected: its port has to do.
    private IEnumerable<string> UdpInodes(ContainerProcess process, IPEndPoint source)
    {
        string[] wanted =
        [
            Hex(source), HexMapped(source), Hex(new IPEndPoint(IPAddress.Any, source.Port)), Hex(new IPEndPoint(IPAddress.IPv6Any, source.Port)),
        ];
        return Sockets(process, "udp").Where(socket => wanted.Contains(socket.Local)).Select(socket => socket.Inode);
    }

    private IEnumerable<(string Local, string Remote, string Inode)> Sockets(ContainerProcess process, string protocol)
    {
        foreach (string table in (string[])[protocol, protocol + "6"])
        {
            // "sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode …"
            foreach (string line in (ProcFile.ReadOrNull($"{proc}/{process.ProcessId}/net/{table}") ?? "").Split('\n').Skip(1))
            {
                string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 9)
                {
                    yield return (fields[1], fields[2], fields[9]);
                }
            }
        }
    }

    private bool HoldsAny(int processId, string[] sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"{proc}/{processId}/fd")
                .Any(descriptor => sockets.Contains(ProcFile.ReadLinkOrNull(descriptor)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // An address is printed as 32-bit words in the machine's order, the port as a number (proc(5)).
    private static string Hex(IPEndPoint end)
    {
        IPAddress address = end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4() : end.Address;
        return Words(address) + ":" + end.Port.ToString("X4", CultureInfo.InvariantCulture);
    }

    // A dual-stack socket's IPv4 connection stands in the table of IPv6.
    private static string HexMapped(IPEndPoint end) =>
        Words(end.Address.AddressFamily == AddressFamily.InterNetwork ? end.Address.MapToIPv6() : end.Address)
        + ":" + end.Port.ToString("X4", CultureInfo.InvariantCulture);

    private static string Words(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return string.Concat(Enumerable.Range(0, bytes.Length / 4)
            .Select(word => BitConverter.ToUInt32(bytes, word * 4).ToString("X8", CultureInfo.InvariantCulture)));
    }
}
