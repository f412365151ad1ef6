using System.Globalization;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// The one nftables table that an agent puts into a pod's network namespace (nft(8)). Which ports it redirects is in two
/// sets whose elements expire; without elements the rules match nothing.
/// </summary>
internal static class CaptureRules
{
    public const string Family = "inet";
    public const string Table = "landline";
    public const string LiveTcp = "live_tcp";

    /// <summary>Those of them whose connections of before are reset when they next send something.</summary>
    public const string ResetTcp = "reset_tcp";

    /// <summary>From a port to the agent's socket for it: a datagram does not tell where it was sent to before.</summary>
    public const string LiveUdp = "live_udp";

    /// <summary>On all that the agent itself sends inside a pod, so that it reaches the original.</summary>
    public const uint Mark = 0x1a4d;

    /// <param name="port">Where the agent accepts the redirected TCP connections.</param>
    public static string Body(int port)
    {
        string mark = "0x" + Mark.ToString("x", CultureInfo.InvariantCulture);
        string to = port.ToString(CultureInfo.InvariantCulture);

        // After a mesh's own redirects (iptables' are at -100): what the mesh takes first, its proxy sends on to the port
        // over loopback, decrypted, and that is caught on its way out. Only a SYN: connections of before are not torn
        // over in the middle, they are reset when they next send something, so that their callers come again.
        return $$"""
            set {{LiveTcp}} {
                type inet_service
                flags timeout
            }
            set {{ResetTcp}} {
                type inet_service
                flags timeout
            }
            map {{LiveUdp}} {
                type inet_service : inet_service
                flags timeout
            }
            chain prerouting {
                type nat hook prerouting priority -90
                meta mark {{mark}} return
                tcp dport @{{LiveTcp}} tcp flags & (syn | ack) == syn redirect to :{{to}}
                meta l4proto udp redirect to :udp dport map @{{LiveUdp}}
            }
            chain output {
                type nat hook output priority -90
                meta mark {{mark}} return
                fib daddr type local tcp dport @{{LiveTcp}} tcp flags & (syn | ack) == syn redirect to :{{to}}
                fib daddr type local meta l4proto udp redirect to :udp dport map @{{LiveUdp}}
            }
            chain input {
                type filter hook input priority -10
                meta mark {{mark}} accept
                tcp dport @{{ResetTcp}} tcp flags & psh == psh reject with tcp reset
            }
            """;
    }
}
