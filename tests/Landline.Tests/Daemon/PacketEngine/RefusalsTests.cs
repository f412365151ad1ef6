using Landline.Daemon.PacketEngine;
using Landline.Networking.Packets;
using Landline.Protocol.Streams;

namespace Landline.Tests.Daemon.PacketEngine;

public sealed class RefusalsTests
{
    [Theory]
    [InlineData(StreamEndCode.Refused, UnreachableReason.Port)]
    [InlineData(StreamEndCode.NetworkUnreachable, UnreachableReason.Network)]
    [InlineData(StreamEndCode.HostUnreachable, UnreachableReason.Host)]
    [InlineData(StreamEndCode.NotAllowed, UnreachableReason.Prohibited)]
    [InlineData(StreamEndCode.TooMany, UnreachableReason.Network)]
    public void A_failed_dial_is_told_in_the_words_of_IP(StreamEndCode code, UnreachableReason reason) =>
        Assert.Equal(reason, Refusals.ToReason(Refusals.Of(new StreamEnd(code, ""))));

    [Theory]
    [InlineData(StreamEndCode.TimedOut)]
    [InlineData(StreamEndCode.SessionLost)]
    [InlineData(StreamEndCode.Draining)]
    [InlineData(StreamEndCode.Canceled)]
    public void Silence_is_answered_by_silence(StreamEndCode code) =>
        Assert.Equal(Refusal.Silence, Refusals.Of(new StreamEnd(code, "")));

    [Fact]
    public void Every_end_has_an_answer()
    {
        foreach (StreamEndCode code in Enum.GetValues<StreamEndCode>())
        {
            Assert.True(Enum.IsDefined(Refusals.Of(new StreamEnd(code, ""))));
        }
    }
}
