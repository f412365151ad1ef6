namespace Landline.Networking.Packets;

/// <summary>Which part of a datagram a packet carries.</summary>
/// <param name="Identification">The same in all fragments of one datagram; 16 bits in IPv4.</param>
/// <param name="Offset">Of this packet's payload in the datagram's, in bytes.</param>
/// <param name="MoreFollow">False in the last fragment, and in a packet that is no fragment.</param>
public readonly record struct FragmentInfo(uint Identification, int Offset, bool MoreFollow)
{
    public bool IsFragment => MoreFollow || Offset > 0;
}
