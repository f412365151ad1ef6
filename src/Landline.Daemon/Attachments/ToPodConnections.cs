using System.Net.Sockets;
using Landline.Daemon.PacketEngine;
using Landline.Protocol.Api;
using Landline.Protocol.Relays;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Attachments;

/// <summary>TCP connections to one port of the workstation, each carried to the pod; one that the pod refuses is reset.</summary>
internal sealed class ToPodConnections(
    Socket listener, Func<WorkloadOpen> open, WorkloadStreams workloads, TimeProvider time, ILogger logger)
{
    /// <summary>As long as a TCP handshake may take in the cluster.</summary>
    private static readonly TimeSpan LongestDial = TimeSpan.FromSeconds(30);

    private readonly OpenWork _work = new();

    public async Task RunAsync(CancellationToken stop)
    {
        while (await AcceptAsync(stop) is { } accepted)
        {
            if (_work.TryBegin())
            {
                _ = ServeAsync(accepted, stop);
            }
        }

        await _work.CloseAsync();
    }

    private async Task<Socket?> AcceptAsync(CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await listener.AcceptAsync(stop);
            }
            catch (SocketException) when (!stop.IsCancellationRequested)
            {
                // One that was given up before it was accepted, or no descriptor is free: the next may do.
                await Task.Delay(TimeSpan.FromMilliseconds(10), time, CancellationToken.None);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return null;
            }
        }
    }

    private async Task ServeAsync(Socket accepted, CancellationToken stop)
    {
        try
        {
            SessionStream? stream = await DialAsync(stop);
            if (stream is null)
            {
                // Linger of zero: closing sends RST, as the pod would.
                accepted.LingerState = new LingerOption(enable: true, seconds: 0);
                accepted.Dispose();
                return;
            }

            await SocketRelay.RunAsync(accepted, stream, stop);
        }
        finally
        {
            _work.End();
        }
    }

    private async Task<SessionStream?> DialAsync(CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(LongestDial, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
        try
        {
            return await workloads.OpenAsync(open(), either.Token);
        }
        catch (Exception e) when (e is StreamEndedException or OperationCanceledException)
        {
            logger.ToPodFailed(open().Attachment, open().Port, e.Message);
            return null;
        }
    }
}
