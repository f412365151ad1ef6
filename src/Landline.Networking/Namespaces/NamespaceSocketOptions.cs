namespace Landline.Networking.Namespaces;

/// <param name="Mark">SO_MARK, by which firewall rules recognise our own traffic; 0 = none. Needs CAP_NET_ADMIN.</param>
/// <param name="ReuseAddress">Bind although connections of an earlier socket linger.</param>
/// <param name="IPv6Only">An IPv6 socket leaves IPv4 to another one.</param>
/// <param name="Transparent">IP_TRANSPARENT: takes what a tproxy rule gives it, under the address that was called. Needs CAP_NET_ADMIN.</param>
public readonly record struct NamespaceSocketOptions(
    uint Mark = 0, bool ReuseAddress = true, bool IPv6Only = true, bool Transparent = false);
