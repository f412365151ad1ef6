using System.Net.Sockets;
using Landline.Networking.FileDescriptors;

namespace Landline.Daemon.Api;

/// <summary>What a daemon's socket tells without its daemon's help.</summary>
public static class DaemonSocket
{
    /// <summary>Who listens: the kernel knows even when that process is stopped. Null: nobody.</summary>
    public static async Task<int?> ProcessIdAsync(ConnectionDirectory directory, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(directory.DaemonSocket), cancellationToken);
            return PeerCredentials.Of(socket).ProcessId;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
