using Landline.Networking.Packets;

namespace Landline.Daemon.PacketEngine;

/// <content>
/// Whether the machine lets connections in by the device. To its firewall each of them is one that comes from outside,
/// and one that lets nothing in drops them without a word. Nothing of the cluster takes part in the test.
/// </content>
internal sealed partial class TcpGate
{
    // Below those of the NAT table, so that no connection has it.
    private const ushort TestPort = 1;

    // The RST that answers the kernel's SYN-ACK has the sequence number 0, which is then the next one: it counts.
    private const uint TestSequenceNumber = uint.MaxValue;

    // On a machine whose processors are all busy an answer may take seconds.
    private const int TestAttempts = 5;
    private static readonly TimeSpan TestPatience = TimeSpan.FromSeconds(1);
    private volatile TaskCompletionSource? _admitted;

    /// <summary>Sends the listener a SYN and waits for its answer. One call at a time.</summary>
    /// <returns>False: no answer to five of them within 5 s.</returns>
    public async Task<bool> AdmitsAsync(CancellationToken cancellationToken)
    {
        var admitted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _admitted = admitted;
        for (int attempt = 0; attempt < TestAttempts; attempt++)
        {
            SendTest();
            try
            {
                await admitted.Task.WaitAsync(TestPatience, _timeProvider, cancellationToken);
                return true;
            }
            catch (TimeoutException)
            {
                continue;
            }
        }

        return false;
    }

    private void SendTest()
    {
        Span<byte> frame = stackalloc byte[_sender.HeaderBytes + TcpSyn.LargestBytes];
        int size = TcpSyn.Write(
            frame[_sender.HeaderBytes..], Peer, TestPort, _workstation, _listenerPort, TestSequenceNumber);
        _sender.SendBuilt(frame[..(_sender.HeaderBytes + size)]);
    }

    private bool TakeTestAnswer(in IpPacket packet, TcpSegment segment)
    {
        if (segment.DestinationPort != TestPort || packet.Source != _workstation || segment.SourcePort != _listenerPort)
        {
            return false;
        }

        _sender.SendReset(packet);
        _admitted?.TrySetResult();
        return true;
    }
}
