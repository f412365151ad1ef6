using System.Net;
using System.Net.Sockets;
using Landline.Cluster.Manager.Health;
using Landline.Protocol.Loops;
using Landline.Protocol.Relays;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Outbound;

/// <summary>
/// Serves Tcp streams: dials first and accepts then, so that a port that refuses is refused on the workstation too.
/// </summary>
internal sealed class TcpStreams(TargetResolver resolver, ManagerMetrics metrics, TimeProvider timeProvider)
{
    /// <summary>Shorter than Linux' own limit (127 s), longer than the three first retries of a lost SYN (7 s).</summary>
    public static readonly TimeSpan DialDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Returns when the stream is over; never throws for the target's or the peer's sake.</summary>
    public async Task ServeAsync(SessionStream stream, CancellationToken cancellationToken)
    {
        Socket socket;
        try
        {
            socket = await DialAsync(stream, cancellationToken);
        }
        catch (StreamEndedException e)
        {
            metrics.Dialled(e.End.Code);
            stream.Refuse(e.End);
            return;
        }

        metrics.Dialled(null);
        stream.Accept();
        await SocketRelay.RunAsync(socket, stream, cancellationToken);
    }

    private async Task<Socket> DialAsync(SessionStream stream, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(DialDeadline, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);

        // Whoever gives up while the dial is under way must not leave it running for the rest of its 10 s.
        Task gone = stream.Completion;
        Task<Socket> dialling = DialFirstAsync(stream, either.Token);
        if (await Task.WhenAny(dialling, gone) == gone && !dialling.IsCompleted)
        {
            await either.CancelAsync();
        }

        try
        {
            return await dialling;
        }
        catch (OperationCanceledException)
        {
            throw new StreamEndedException(deadline.IsCancellationRequested
                ? DialFailure.TimedOut("the target")
                : new StreamEnd(StreamEndCode.Canceled, "nobody waits for this connection any more"));
        }
    }

    // One address after the other: a cluster's names have one, and the caller's own stack has made its choice before.
    private async Task<Socket> DialFirstAsync(SessionStream stream, CancellationToken cancellationToken)
    {
        IPEndPoint[] endPoints = await resolver.ResolveAsync(stream.OpenPayload, cancellationToken);
        StreamEnd? failure = null;
        foreach (IPEndPoint endPoint in endPoints)
        {
            try
            {
                return await LoopDial.ConnectAsync(endPoint, stream.Session.Loop, cancellationToken);
            }
            catch (SocketException e)
            {
                failure = DialFailure.Of(e, endPoint.ToString());
            }
        }

        throw new StreamEndedException(failure!);
    }
}
