using System.Net;
using System.Net.Sockets;
using Landline.Networking.Packets;
using Landline.Protocol.Loops;
using Landline.Protocol.Relays;
using Landline.Protocol.Streams;

namespace Landline.Daemon.PacketEngine;

/// <summary>From the far side's answer to the relay.</summary>
internal sealed partial class TcpGate
{
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    // Goes on in the thread that brought the answer; nothing here blocks.
    private async Task AwaitDialAsync(HeldSyn syn, SessionStream stream)
    {
        StreamEnd? end = await stream.OpenedInline;
        if (!_held.TryRemove(syn))
        {
            return; // Whoever removed it has reset the stream.
        }

        if (end is not null)
        {
            Deny(syn, Refusals.Of(end));
            return;
        }

        if (_table.Offer(syn.Flow, syn.InitialSequenceNumber, stream) is not { } entry)
        {
            _counters.Count(EngineCounter.SynsDropped);
            stream.Reset(new StreamEnd(StreamEndCode.TooMany, "no port is free on the workstation's side"));
            return;
        }

        LetThrough(syn, entry);
    }

    private void LetThrough(HeldSyn syn, NatEntry entry)
    {
        _counters.Count(EngineCounter.SynsReleased);
        Span<byte> frame = syn.Frame;
        if (IpPacket.TryParse(frame[_sender.HeaderBytes..], out IpPacket packet))
        {
            bool checksumIsPartial = _sender.IsChecksumPartial(frame);
            TcpRewriter.Rewrite(packet, Peer, entry.Port, _workstation, _listenerPort, checksumIsPartial);
            _sender.SendFrame(frame);
        }
    }

    private void Deny(HeldSyn syn, Refusal refusal)
    {
        if (refusal == Refusal.Silence || !IpPacket.TryParse(syn.Frame.AsSpan(_sender.HeaderBytes), out IpPacket packet))
        {
            return;
        }

        _counters.Count(EngineCounter.SynsDenied);
        if (refusal == Refusal.Refused)
        {
            _sender.SendReset(packet);
        }
        else
        {
            _sender.SendUnreachable(packet, Peer, Refusals.ToReason(refusal));
        }
    }

    // One per gate, in the event loop. It ends when the listener is disposed.
    private async Task AcceptAsync(Readiness readiness)
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await readiness.WaitReadableAsync();

                // Asked first, because an accept that finds nobody throws.
                while (_listener.Poll(TimeSpan.Zero, SelectMode.SelectRead))
                {
                    Serve(_listener.Accept());
                }
            }
            catch (Exception e) when (_closing.IsCancellationRequested && e is SocketException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Most often too many open files: connections wait in the kernel's queue until some have closed.
                PacketEngineLog.AcceptFailed(_logger, e);
                await Task.Delay(AcceptPause, _timeProvider, CancellationToken.None);
                readiness.Interrupt();
            }
        }
    }

    private void Serve(Socket socket)
    {
        // Only the peer's address has gone through the table: anybody else on this machine who found the port is turned away.
        if (socket.RemoteEndPoint is not IPEndPoint remote
            || PacketAddress.From(remote.Address) != Peer
            || _table.Accept((ushort)remote.Port) is not { Stream: { } stream } entry)
        {
            socket.Close(timeout: 0);
            return;
        }

        _counters.Count(EngineCounter.ConnectionsAccepted);
        if (!Begin(() => RelayAsync(socket, stream, entry)))
        {
            socket.Close(timeout: 0);
        }
    }

    private async Task RelayAsync(Socket socket, SessionStream stream, NatEntry entry)
    {
        try
        {
            _ = await SocketRelay.RunAsync(socket, stream, _closing.Token);
        }
        finally
        {
            _table.Release(entry);
        }
    }
}
