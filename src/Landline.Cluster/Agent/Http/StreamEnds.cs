using System.Net.Sockets;

namespace Landline.Cluster.Agent.Http;

/// <summary>The two ends of a stream that <see cref="Stream"/> has no words for.</summary>
internal static class StreamEnds
{
    /// <summary>Says that nothing more will be written; reading goes on. Other kinds of streams are left alone.</summary>
    public static void EndWriting(Stream stream)
    {
        if (stream is WorkstationStream workstation)
        {
            workstation.EndWriting();
            return;
        }

        if (stream is not NetworkStream network)
        {
            return;
        }

        try
        {
            network.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other side reset it in the meantime: it is ended already.
        }
    }

    /// <summary>Closes so that the peer sees a reset and not an orderly end.</summary>
    public static void Abort(Stream stream)
    {
        if (stream is NetworkStream network)
        {
            try
            {
                network.Socket.LingerState = new LingerOption(enable: true, seconds: 0);

                // The stream's own Dispose would shut down first, which the peer takes for an orderly end.
                network.Socket.Dispose();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Closed in the meantime: nothing left to reset.
            }
        }

        stream.Dispose();
    }
}
