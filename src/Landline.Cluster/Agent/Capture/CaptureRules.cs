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

    private static readonly string MarkText = "0x" + Mark.ToString("x", CultureInfo.InvariantCulture);

    /// <param name="port">Where the agent accepts TCP connections.</param>
    public static string Body(int port)
    {
        string to = port.ToString(CultureInfo.InvariantCulture);

        // A SYN is given to the agent's socket without changing an address (Documentation/networking/tproxy.rst): no
        // connection tracking is involved, and what was accepted goes on, or is closed properly, when the table is gone.
        // After a mesh's own redirects (iptables' are at -100): what the mesh takes first, its proxy sends on to the port
        // over loopback, decrypted, and that is caught there.
        // Connections of before are not torn over in the middle: they are reset when they next send something, so that
        // their callers come again.
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
                type filter hook prerouting priority -90
                meta mark {{MarkText}} return
                meta nfproto ipv4 tcp dport @{{LiveTcp}} tcp flags & (syn | ack) == syn tproxy ip to :{{to}} accept
                meta nfproto ipv6 tcp dport @{{LiveTcp}} tcp flags & (syn | ack) == syn tproxy ip6 to :{{to}} accept
            }
            chain input {
                type filter hook input priority -10
                meta mark {{MarkText}} accept
                socket transparent 1 accept
                tcp dport @{{ResetTcp}} tcp flags & psh == psh reject with tcp reset
            }
            """;
    }

    /// <summary>
    /// Commands that add what UDP needs. Datagrams are redirected by address translation, because an answer has to come from
    /// the address that was asked, where the original's own socket is bound. What the pod sends to itself keeps its address,
    /// of which a redirect would make 127.0.0.1: then an answer would come from another than was asked. But what it sends to
    /// a loopback address is answered from 127.0.0.1, whichever of them was asked.
    /// </summary>
    public static string UdpChains =>
        $$"""
        add chain {{Family}} {{Table}} udp_prerouting { type nat hook prerouting priority -90 ; }
        add rule {{Family}} {{Table}} udp_prerouting meta mark {{MarkText}} return
        add rule {{Family}} {{Table}} udp_prerouting meta l4proto udp redirect to :udp dport map @{{LiveUdp}}
        add chain {{Family}} {{Table}} udp_output { type nat hook output priority -90 ; }
        add rule {{Family}} {{Table}} udp_output meta mark {{MarkText}} return
        add rule {{Family}} {{Table}} udp_output ip daddr 127.0.0.0/8 meta l4proto udp redirect to :udp dport map @{{LiveUdp}}
        add rule {{Family}} {{Table}} udp_output fib daddr type local meta l4proto udp dnat to :udp dport map @{{LiveUdp}}
        """;
}
