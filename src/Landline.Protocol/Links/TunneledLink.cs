namespace Landline.Protocol.Links;

/// <summary>A link that another protocol carries; knows the socket that it ends in. Owns the tunnel, which owns the socket.</summary>
internal sealed class TunneledLink(Stream tunnel, SocketLink socket) : LinkLayer(tunnel)
{
    public SocketLink Socket { get; } = socket;
}
