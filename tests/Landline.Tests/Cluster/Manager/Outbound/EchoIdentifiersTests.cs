using Landline.Cluster.Manager.Outbound;

namespace Landline.Tests.Cluster.Manager.Outbound;

public sealed class EchoIdentifiersTests
{
    [Fact]
    public void A_reply_gets_back_the_identifier_of_the_request_with_its_sequence_number()
    {
        var identifiers = new EchoIdentifiers();
        Assert.True(identifiers.TryNote([8, 0, 0, 0, 0xAA, 0x01, 0, 1, 9]));
        Assert.True(identifiers.TryNote([8, 0, 0, 0, 0xBB, 0x02, 0, 2, 9]));
        byte[] reply = [0, 0, 7, 7, 0, 99, 0, 1, 9];

        Assert.True(identifiers.TryRestore(reply));
        Assert.Equal([0, 0, 7, 7, 0xAA, 0x01, 0, 1, 9], reply);
    }

    [Theory]
    [InlineData(new byte[] { 13, 0, 0, 0, 0, 1, 0, 1 })] // A timestamp request.
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 1, 0, 1 })] // A reply.
    [InlineData(new byte[] { 8, 0, 0 })]
    [InlineData(new byte[0])]
    public void Only_echo_requests_are_sent(byte[] message) => Assert.False(new EchoIdentifiers().TryNote(message));
}
