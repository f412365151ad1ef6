using Landline.Protocol.Streams;

namespace Landline.Protocol.Relays;

/// <summary>
/// Joins two streams of different sessions: bytes or datagrams, half-closes and resets, both ways. Credit is given back
/// only as the other side takes, so that a slow reader holds up its writer through both sessions.
/// </summary>
public static class StreamRelay
{
    /// <summary>
    /// Owns both streams, which have been opened and accepted. Null = both directions ended in order; otherwise the
    /// reason, which both streams got. Canceling resets both.
    /// </summary>
    public static async Task<StreamEnd?> RunAsync(SessionStream a, SessionStream b, CancellationToken cancellationToken)
    {
        var there = new ForwardedStream(a, b);
        var back = new ForwardedStream(b, a);
        await using (cancellationToken.UnsafeRegister(
            static stream => ((SessionStream)stream!).Reset(new StreamEnd(StreamEndCode.Canceled, "The relay was stopped.")), a))
        {
            Task thereEnded = there.RunAsync();
            Task backEnded = back.RunAsync();
            a.AttachSink(there);
            b.AttachSink(back);
            await thereEnded;
            await backEnded;
            return await a.Completion ?? await b.Completion;
        }
    }
}
