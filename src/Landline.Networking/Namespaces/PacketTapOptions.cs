namespace Landline.Networking.Namespaces;

/// <summary>What a <see cref="PacketTap"/> is to see.</summary>
public sealed record PacketTapOptions
{
    public IReadOnlyList<ushort> TcpPorts { get; init; } = [];

    public IReadOnlyList<ushort> UdpPorts { get; init; } = [];

    /// <summary>SO_MARK of sockets whose packets are not meant; 0 = none.</summary>
    public uint IgnoredMark { get; init; }

    /// <summary>
    /// What waits in the kernel until it is received; beyond it packets are not seen. 4 MiB hold some milliseconds of
    /// 10 Gbit/s, in which the receiver may not get a processor.
    /// </summary>
    public int BufferBytes { get; init; } = 4 * 1024 * 1024;
}
