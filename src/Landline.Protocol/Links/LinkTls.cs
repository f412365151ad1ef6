using System.Net.Security;

namespace Landline.Protocol.Links;

/// <summary>TLS over a link; knows the link that it hides.</summary>
internal sealed class LinkTls(Stream link, CoalescingStream coalescing) : SslStream(coalescing, leaveInnerStreamOpen: false)
{
    public Stream Link { get; } = link;
}
