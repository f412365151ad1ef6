using System.Net.Sockets;
using Landline.Protocol.Errors;

namespace Landline.Daemon.Errors;

/// <summary>
/// Every failure of a connection that is explained to its user, by theme in the dotted files. docs/errors.md is
/// checked against this class.
/// </summary>
internal static partial class DaemonErrors
{
    public static UserErrorException RuntimeDirectoryUnusable(string path, string reason, Exception? cause = null) => new(
        "runtime-directory-unusable",
        $"The directory {path} for sockets and logs cannot be used: {reason}.",
        "Name a directory of your own, for example with: export LANDLINE_RUNTIME_DIR=$HOME/.landline",
        cause);

    public static UserErrorException RuntimeDirectoryTooLong(string path) => new(
        "runtime-directory-too-long",
        $"The path {path} or the connection's name is too long for Unix sockets, whose paths end at 107 bytes.",
        "Use a shorter --name, or a shorter directory with: export LANDLINE_RUNTIME_DIR=/tmp/my-landline");

    public static UserErrorException ConnectionDiffers(string name, string difference) => new(
        "connection-differs",
        $"Connection '{name}' is already up with other parameters ({difference}).",
        $"End it first with: landline quit --name {name}, or connect beside it with another --name");

    public static UserErrorException ConnectionBusy(string name, string state) => new(
        "connection-busy",
        $"Connection '{name}' is {state} at this moment.",
        "See what it does with: landline status");

    public static UserErrorException ConnectionEnded(string name, string reason) => new(
        "connection-ended",
        $"Connection '{name}' has ended: {reason}.",
        $"Connect again, or see why with: landline logs --name {name}");

    /// <summary>A failure of the operating system or the network in the few words that tell it apart.</summary>
    internal static string ReasonOf(Exception cause)
    {
        for (Exception? e = cause; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return "connection refused";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }:
                    return "host name not found";
                case SocketException { SocketErrorCode: SocketError.NetworkUnreachable or SocketError.HostUnreachable }:
                    return "no route to it";
                case SocketException { SocketErrorCode: SocketError.TimedOut }:
                case TimeoutException:
                    return "no answer in time";
            }
        }

        return cause.GetBaseException() is OperationCanceledException
            ? "no answer in time"
            : cause.GetBaseException().Message.TrimEnd('.');
    }
}
