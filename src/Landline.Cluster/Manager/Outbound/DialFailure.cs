using System.Net.Sockets;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Outbound;

/// <summary>What a failed connect means to the workstation, so that the failure is the same as in the cluster.</summary>
internal static class DialFailure
{
    public static StreamEnd Of(SocketException failure, string target) => failure.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => new(StreamEndCode.Refused, $"{target} refused the connection"),
        SocketError.NetworkUnreachable or SocketError.NetworkDown =>
            new(StreamEndCode.NetworkUnreachable, $"the manager has no route to {target}"),
        SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable =>
            new(StreamEndCode.NetworkUnreachable, $"the manager's pod has no address to reach {target} from"),
        SocketError.HostUnreachable or SocketError.HostDown =>
            new(StreamEndCode.HostUnreachable, $"the host of {target} is unreachable from the manager"),
        SocketError.TimedOut => TimedOut(target),
        SocketError.AccessDenied => new(StreamEndCode.NotAllowed, $"a rule in the cluster forbids {target}"),
        SocketError.ConnectionReset or SocketError.ConnectionAborted =>
            new(StreamEndCode.Reset, $"{target} reset the connection"),
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable =>
            new(StreamEndCode.TooMany, "the manager has no sockets left"),
        SocketError.HostNotFound or SocketError.NoData =>
            new(StreamEndCode.NameNotFound, $"{target} does not resolve in the cluster"),
        SocketError.TryAgain => new(StreamEndCode.TimedOut, $"the cluster's resolver did not answer for {target}"),
        var other => new(StreamEndCode.Failed, $"the manager could not connect to {target} ({other})"),
    };

    public static StreamEnd TimedOut(string target) => new(StreamEndCode.TimedOut, $"{target} did not answer the manager");
}
