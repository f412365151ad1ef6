using Landline.Daemon.PacketEngine;
using Landline.Networking.Packets;
using Landline.Tests.Networking.Packets;

namespace Landline.Tests.Daemon.PacketEngine;

public sealed class DatagramFormTests
{
    public static TheoryData<bool, bool> FormsAndVersions => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(FormsAndVersions))]
    public void The_question_of_a_flow_is_what_its_process_sent(bool echo, bool isV6)
    {
        byte[] question = new byte[64];

        question = question[..Form(echo).WriteQuestion(question, Flow(isV6))];

        Assert.True(SamplePackets.AreChecksumsRight(question));
        Assert.True(IpPacket.TryParse(question, out IpPacket packet));
        Assert.Equal((Flow(isV6).Source, Flow(isV6).Destination), (packet.Source, packet.Destination));
        if (echo)
        {
            Assert.True(IcmpEcho.TryParse(packet.Payload, isV6, out IcmpEcho request) && request.IsRequest);
            Assert.Equal(4242, request.Identifier);
        }
        else
        {
            Assert.True(UdpDatagram.TryParse(packet.Payload, out UdpDatagram datagram));
            Assert.Equal((4242, 53), (datagram.SourcePort, datagram.DestinationPort));
        }
    }

    [Theory]
    [MemberData(nameof(FormsAndVersions))]
    public void An_answer_goes_from_the_target_to_the_asker(bool echo, bool isV6)
    {
        IDatagramForm form = Form(echo);
        FlowKey flow = Flow(isV6);
        byte[] message = echo ? [isV6 ? (byte)129 : (byte)0, 0, 0, 0, 9, 9, 0, 1, 7] : [7];
        byte[] answer = new byte[form.MessageOffset(isV6) + message.Length];
        message.CopyTo(answer, form.MessageOffset(isV6));

        Assert.True(form.TryCompleteAnswer(answer, flow));

        Assert.True(SamplePackets.AreChecksumsRight(answer));
        Assert.True(IpPacket.TryParse(answer, out IpPacket packet));
        Assert.Equal((flow.Destination, flow.Source), (packet.Source, packet.Destination));
        Assert.Equal(7, answer[^1]);
    }

    [Fact]
    public void An_echo_stream_that_sends_anything_but_replies_is_not_believed()
    {
        FlowKey flow = Flow(isV6: false);
        byte[] request = SamplePackets.EchoRequest(flow.Destination, flow.Source, 1, 2, []);

        Assert.False(new EchoForm().TryCompleteAnswer(request, flow));
        Assert.False(new EchoForm().TryCompleteAnswer(request.AsSpan(0, 22), flow));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_longest_message_fits_into_a_packet(bool isV6)
    {
        foreach (IDatagramForm form in (IDatagramForm[])[new UdpForm(), new EchoForm()])
        {
            byte[] answer = new byte[form.MessageOffset(isV6) + form.LongestMessage(isV6)];
            answer[form.MessageOffset(isV6)] = isV6 ? (byte)129 : (byte)0;

            Assert.True(form.TryCompleteAnswer(answer, Flow(isV6)));
            Assert.True(IpPacket.TryParse(answer, out IpPacket packet));
            Assert.Equal(answer.Length, packet.Bytes.Length);
        }
    }

    private static IDatagramForm Form(bool echo) => echo ? new EchoForm() : new UdpForm();

    private static FlowKey Flow(bool isV6) => isV6
        ? new FlowKey(SamplePackets.V6Source, 4242, SamplePackets.V6Destination, 53)
        : new FlowKey(SamplePackets.V4Source, 4242, SamplePackets.V4Destination, 53);
}
