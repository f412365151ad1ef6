using Landline.Benchmarks.Networks;

namespace Landline.FunctionalTests.PacketEngine;

public sealed class TcpV4ThroughTunnelTests(TunnelFixture fixture)
    : TcpThroughTunnel(fixture, NamespacePair.TunnelledV4, NamespacePair.NoRouteV4, NamespacePair.NoHostV4), IClassFixture<TunnelFixture>;

public sealed class TcpV6ThroughTunnelTests(TunnelFixture fixture)
    : TcpThroughTunnel(fixture, NamespacePair.TunnelledV6, NamespacePair.NoRouteV6, NamespacePair.NoHostV6), IClassFixture<TunnelFixture>;
