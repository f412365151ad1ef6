using Landline.Cluster.Manager.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Tests.Cluster.Manager.Sessions;

public sealed class StreamQuotaTests
{
    [Fact]
    public void A_place_is_free_again_when_its_stream_is_over()
    {
        var quota = new StreamQuota();
        int entered = 0;
        while (quota.TryEnter(StreamKind.Dns))
        {
            entered++;
        }

        quota.Leave(StreamKind.Dns);

        Assert.Equal(4, entered);
        Assert.True(quota.TryEnter(StreamKind.Dns));
        Assert.False(quota.TryEnter(StreamKind.Dns));
        Assert.True(quota.TryEnter(StreamKind.Tcp));
    }

    [Theory]
    [InlineData((StreamKind)0)]
    [InlineData(StreamKind.Inbound)]
    [InlineData((StreamKind)200)]
    public void Kinds_that_a_workstation_does_not_open_have_no_place(StreamKind kind) => Assert.False(new StreamQuota().TryEnter(kind));
}
