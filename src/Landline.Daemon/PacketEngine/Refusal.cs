using Landline.Networking.Packets;
using Landline.Protocol.Streams;

namespace Landline.Daemon.PacketEngine;

/// <summary>How the machine is told that a stream was not opened, in the words of IP.</summary>
internal enum Refusal
{
    /// <summary>
    /// Not at all: the target was silent, so the kernel goes on asking and times out as it would in the cluster; or the
    /// session was lost, and the next attempt finds its successor.
    /// </summary>
    Silence,

    /// <summary>The host is there and nothing listens: RST, or for datagrams "port unreachable".</summary>
    Refused,

    NetworkUnreachable,

    HostUnreachable,

    Prohibited,
}

/// <summary>Translates ends of streams into refusals.</summary>
internal static class Refusals
{
    public static Refusal Of(StreamEnd end) => end.Code switch
    {
        StreamEndCode.Refused or StreamEndCode.Reset or StreamEndCode.Unavailable => Refusal.Refused,
        StreamEndCode.NetworkUnreachable => Refusal.NetworkUnreachable,
        StreamEndCode.HostUnreachable or StreamEndCode.NameNotFound => Refusal.HostUnreachable,
        StreamEndCode.NotAllowed => Refusal.Prohibited,
        StreamEndCode.TimedOut or StreamEndCode.SessionLost or StreamEndCode.Draining or StreamEndCode.Canceled => Refusal.Silence,
        _ => Refusal.NetworkUnreachable,
    };

    public static UnreachableReason ToReason(Refusal refusal) => refusal switch
    {
        Refusal.Refused => UnreachableReason.Port,
        Refusal.HostUnreachable => UnreachableReason.Host,
        Refusal.Prohibited => UnreachableReason.Prohibited,
        _ => UnreachableReason.Network,
    };
}
