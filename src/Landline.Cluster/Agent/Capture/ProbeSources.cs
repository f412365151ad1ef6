using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Landline.Cluster.Agent.Containers;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// The addresses from which the kubelet reaches a pod: the node's own, and the pod's gateway, which on a bridge is the
/// node's address there.
/// </summary>
internal static class ProbeSources
{
    public static IReadOnlySet<IPAddress> Of(AgentPod pod, ContainerProcess process)
    {
        var sources = new HashSet<IPAddress>();
        foreach (string text in pod.NodeAddresses)
        {
            if (IPAddress.TryParse(text, out IPAddress? address))
            {
                sources.Add(address);
            }
        }

        string network = $"{process.Proc}/{process.ProcessId}/net";
        sources.UnionWith(Gateways(ProcFile.ReadOrNull($"{network}/route") ?? ""));
        sources.UnionWith(GatewaysV6(ProcFile.ReadOrNull($"{network}/ipv6_route") ?? ""));
        return sources;
    }

    /// <summary>IPv4 gateways in proc(5)'s <c>net/route</c>: interface, destination, gateway, … in hexadecimal, in the machine's order.</summary>
    internal static IEnumerable<IPAddress> Gateways(string routes)
    {
        foreach (string line in routes.Split('\n').Skip(1))
        {
            string[] fields = line.Split('\t');
            if (fields.Length > 2
                && uint.TryParse(fields[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint gateway)
                && gateway != 0)
            {
                yield return new IPAddress(gateway);
            }
        }
    }

    /// <summary>
    /// IPv6 gateways in <c>net/ipv6_route</c> (the kernel's net/ipv6/route.c): destination and its prefix length, source and
    /// its prefix length, next hop, … in hexadecimal, in network order, without a heading.
    /// </summary>
    internal static IEnumerable<IPAddress> GatewaysV6(string routes)
    {
        foreach (string line in routes.Split('\n'))
        {
            string[] fields = line.Split(' ');
            if (fields.Length > 4
                && UInt128.TryParse(fields[4], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out UInt128 gateway)
                && gateway != UInt128.Zero)
            {
                byte[] address = new byte[16];
                BinaryPrimitives.WriteUInt128BigEndian(address, gateway);
                yield return new IPAddress(address);
            }
        }
    }
}
