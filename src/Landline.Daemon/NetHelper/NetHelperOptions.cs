namespace Landline.Daemon.NetHelper;

/// <param name="SocketPath">The daemon's helper socket; null only with <paramref name="Repair"/>.</param>
/// <param name="Repair">Put the resolver back after helpers that were killed. Without a socket path that is all.</param>
public sealed record NetHelperOptions(string? SocketPath, bool Repair);
