using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Landline.Cluster.Agent.Containers;

/// <summary>
/// Tells whether a connection inside a pod was made by a process of one container: an exec probe dials its own
/// container, and must reach it whatever is attached. The kernel's table of sockets gives the inode (proc(5),
/// <c>/proc/net/tcp</c>), and the container's open descriptors tell whether it is theirs.
/// </summary>
internal sealed class ConnectionOwner(string proc, ContainerFinder containers)
{
    /// <param name="process">A process in the pod's network namespace.</param>
    /// <param name="source">The end that dialled.</param>
    /// <param name="destination">What it dialled, before any redirect.</param>
    public bool IsContainer(string containerId, ContainerProcess process, IPEndPoint source, IPEndPoint destination)
    {
        if (FindInode(process, source, destination) is not { } inode)
        {
            return false;
        }

        string wanted = $"socket:[{inode}]";
        return containers.ProcessIdsOf(containerId).Any(processId => HoldsDescriptor(processId, wanted));
    }

    private string? FindInode(ContainerProcess process, IPEndPoint source, IPEndPoint destination)
    {
        string from = Hex(source), to = Hex(destination);
        string fromMapped = HexMapped(source), toMapped = HexMapped(destination);
        foreach (string table in (string[])["tcp", "tcp6"])
        {
            if (ProcFile.ReadOrNull($"{proc}/{process.ProcessId}/net/{table}") is not { } text)
            {
                continue;
            }

            // "sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode …"
            foreach (string line in text.Split('\n').Skip(1))
            {
                string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 9
                    && ((fields[1] == from && fields[2] == to) || (fields[1] == fromMapped && fields[2] == toMapped)))
                {
                    return fields[9];
                }
            }
        }

        return null;
    }

    private bool HoldsDescriptor(int processId, string wanted)
    {
        try
        {
            return Directory.EnumerateFiles($"{proc}/{processId}/fd")
                .Any(descriptor => new FileInfo(descriptor).LinkTarget == wanted);
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
