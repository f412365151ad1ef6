namespace Landline.Protocol.Streams;

/// <summary>What a stream carries. The numbers are on the wire: never reuse one.</summary>
public enum StreamKind : byte
{
    /// <summary>A TCP connection; the open payload is a DialTarget.</summary>
    Tcp = 1,

    /// <summary>UDP datagrams, one frame each; the open payload is a DialTarget.</summary>
    Udp = 2,

    /// <summary>Whole DNS messages, one frame each.</summary>
    Dns = 3,

    /// <summary>Newline-delimited JSON between daemon, manager and agent.</summary>
    Control = 4,

    /// <summary>A connection that an attachment captured; the open payload is JSON.</summary>
    Inbound = 5,

    /// <summary>ICMP echo requests and replies, one frame each; the open payload is a DialTarget with port 0.</summary>
    Echo = 6,

    /// <summary>Environment, files and connections of a workload; the open payload is JSON.</summary>
    Workload = 7,
}
