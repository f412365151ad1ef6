using Landline.Cluster.Manager.Attachments;
using Landline.Kubernetes.Resources;

namespace Landline.Tests.Cluster.Manager.Attachments;

public sealed class ReplicaTests
{
    [Fact]
    public void A_pod_has_all_addresses_of_its_node_where_the_cluster_tells_them()
    {
        Assert.Equal(
            ["192.0.2.1", "2001:db8::1"],
            NodeAddressesOf(new PodStatus { HostIP = "192.0.2.1", HostIPs = [new() { Ip = "192.0.2.1" }, new() { Ip = "2001:db8::1" }] }));
        Assert.Equal(["192.0.2.1"], NodeAddressesOf(new PodStatus { HostIP = "192.0.2.1" }));
        Assert.Empty(NodeAddressesOf(new PodStatus()));
    }

    private static IReadOnlyList<string> NodeAddressesOf(PodStatus status) => Replica.Of(new Pod
    {
        Metadata = new() { Name = "web-0", Namespace = "shop", Uid = "u" },
        Spec = new() { NodeName = "node1" },
        Status = status,
    })!.NodeAddresses;
}
