using Landline.Networking.Packets;
using Landline.Networking.Tun;

namespace Landline.Daemon.PacketEngine;

/// <summary>Writes one frame to the TUN device; false = not taken.</summary>
internal delegate bool FrameSink(ReadOnlySpan<byte> frame);

/// <summary>
/// Hands packets to the machine, behind an empty vnet header where the device wants one. Any thread.
/// </summary>
/// <param name="headerBytes">Size of the vnet header in front of each packet, or 0.</param>
internal sealed class PacketSender(FrameSink sink, int headerBytes, EngineCounters counters)
{
    public int HeaderBytes => headerBytes;

    /// <summary>See <see cref="VnetHeader.IsChecksumPartial"/>; never without vnet headers.</summary>
    public bool IsChecksumPartial(ReadOnlySpan<byte> frame) => headerBytes > 0 && VnetHeader.IsChecksumPartial(frame);

    /// <param name="frame">As read from the device: the vnet header still describes the packet.</param>
    public void SendFrame(ReadOnlySpan<byte> frame)
    {
        if (!sink(frame))
        {
            counters.Count(EngineCounter.WritesFailed);
        }
    }

    /// <param name="frame">A packet of ours with complete checksums, at <see cref="HeaderBytes"/>.</param>
    public void SendBuilt(Span<byte> frame)
    {
        frame[..headerBytes].Clear();
        SendFrame(frame);
    }

    /// <param name="segment">Answered as by a host where nothing listens.</param>
    public void SendReset(in IpPacket segment)
    {
        Span<byte> frame = stackalloc byte[headerBytes + TcpReset.LargestBytes];
        int size = TcpReset.Write(frame[headerBytes..], segment);
        SendBuilt(frame[..(headerBytes + size)]);
    }

    public void SendUnreachable(in IpPacket offending, PacketAddress source, UnreachableReason reason)
    {
        Span<byte> frame = stackalloc byte[headerBytes + IcmpUnreachable.LargestBytes];
        int size = IcmpUnreachable.Write(frame[headerBytes..], offending, source, reason);
        SendBuilt(frame[..(headerBytes + size)]);
    }
}
