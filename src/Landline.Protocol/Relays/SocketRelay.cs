using System.Net.Sockets;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Relays;

/// <summary>
/// Carries bytes, half-closes and resets between a connected TCP socket and a stream, both ways: received straight into
/// the session's log, sent straight from the link's buffer while the socket takes it.
/// </summary>
public static class SocketRelay
{
    /// <summary>
    /// Owns both: when it returns, the socket is closed and the stream is over. The stream has been opened or accepted.
    /// Null = both directions ended in order; otherwise the reason, and the socket was reset (RST) if the stream was.
    /// Canceling resets both.
    /// </summary>
    public static async Task<StreamEnd?> RunAsync(Socket connected, SessionStream stream, CancellationToken cancellationToken)
    {
        var relay = new RelayedSocket(connected, stream);
        await using (cancellationToken.UnsafeRegister(
            static stream => ((SessionStream)stream!).Reset(new StreamEnd(StreamEndCode.Canceled, "The relay was stopped.")), stream))
        {
            StreamEnd? end = await relay.RunAsync();

            // Whoever waits for the end may block: it does not go on in the event loop's thread.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return end;
        }
    }
}
