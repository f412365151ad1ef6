using Landline.Cluster.Manager.Discovery;
using Landline.Protocol.Api;

namespace Landline.Tests.Cluster.Manager.Discovery;

public sealed class ClusterFactsTests
{
    [Fact]
    public void Only_a_difference_is_a_change()
    {
        var facts = new ClusterFacts(new ClusterMessage { PodSubnets = ["10.0.0.0/8"] });
        Task changed = facts.Current.Changed;

        Assert.False(facts.Set(new ClusterMessage { PodSubnets = ["10.0.0.0/8"] }));
        Assert.False(changed.IsCompleted);

        Assert.True(facts.Set(new ClusterMessage { PodSubnets = ["10.0.0.0/9"] }));
        Assert.True(changed.IsCompleted);
        Assert.False(facts.Current.Changed.IsCompleted);
        Assert.Equal(["10.0.0.0/9"], facts.Current.Message.PodSubnets);
    }

    [Fact]
    public void They_are_known_once_the_cluster_has_been_looked_at_even_if_there_was_nothing_to_see()
    {
        var facts = new ClusterFacts(new ClusterMessage { ClusterDomain = "cluster.local" });
        Assert.False(facts.Known.IsCompleted);

        Assert.False(facts.Set(new ClusterMessage { ClusterDomain = "cluster.local" }));

        Assert.True(facts.Known.IsCompleted);
    }
}
