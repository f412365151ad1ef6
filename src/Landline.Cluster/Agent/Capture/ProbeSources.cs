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

        sources.UnionWith(Gateways(ProcFile.ReadOrNull($"{process.Proc}/{process.ProcessId}/net/route") ?? ""));
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
}
