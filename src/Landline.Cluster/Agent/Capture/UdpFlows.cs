using System.Globalization;
using Landline.Networking.Namespaces;
using Landline.Networking.Processes;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// The kernel's memory of a pod's UDP flows. The redirect is decided with a flow's first datagram; forgetting the flows
/// lets it be decided anew, so that callers that keep their port arrive at the right side, too.
/// </summary>
internal sealed class UdpFlows(NetworkNamespace pod)
{
    private static readonly string[] Families = ["ipv4", "ipv6"];
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>Never fails: a flow that is not forgotten goes on as before until it has been silent for a while.</summary>
    public async Task ForgetAsync(int port, CancellationToken cancellationToken)
    {
        foreach (string family in Families)
        {
            try
            {
                await SystemTool.RunAsync(
                    "nsenter",
                    [
                        $"--net={pod.DescriptorPath}", "conntrack", "-D", "-f", family, "-p", "udp",
                        "--orig-port-dst", port.ToString(CultureInfo.InvariantCulture),
                    ],
                    "",
                    Longest,
                    cancellationToken);
            }
            catch (ToolFailedException)
            {
                // conntrack(8) fails when there is no such flow.
            }
        }
    }
}
