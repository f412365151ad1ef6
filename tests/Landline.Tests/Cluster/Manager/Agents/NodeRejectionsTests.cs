using Landline.Cluster.Manager.Agents;

namespace Landline.Tests.Cluster.Manager.Agents;

public sealed class NodeRejectionsTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_first_pod_is_replaced_at_once_and_the_next_ones_ever_later()
    {
        var rejections = new NodeRejections();

        Assert.Equal([0, 2, 4, 8, 16, 30, 30], Enumerable.Range(0, 7).Select(pod => SecondsUntilTry(rejections, $"pod-{pod}")));
    }

    private static int SecondsUntilTry(NodeRejections rejections, string pod) =>
        Enumerable.Range(0, 100).First(second => rejections.MayTryAgain(pod, Noon.AddSeconds(second)));
}
