using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Outbound;

/// <summary>Turns what a workstation asks for into the addresses that the manager may dial.</summary>
internal sealed class TargetResolver(DialPolicy policy)
{
    /// <summary>Of one name; the rest would only lengthen the way to a failure.</summary>
    private const int MostAddresses = 8;

    /// <exception cref="StreamEndedException">The payload is none, the name does not resolve, or nothing of it may be dialled.</exception>
    public async ValueTask<IPEndPoint[]> ResolveAsync(ReadOnlyMemory<byte> openPayload, CancellationToken cancellationToken)
    {
        if (!DialTarget.TryRead(openPayload.Span, out DialTarget target))
        {
            throw new StreamEndedException(new(StreamEndCode.ProtocolError, "the open payload is no dial target"));
        }

        IPAddress[] addresses = target.Address is { } address
            ? [address]
            : await LookUpAsync(target, cancellationToken);
        var allowed = new List<IPEndPoint>(addresses.Length);
        string? refusal = null;
        foreach (IPAddress candidate in addresses.Take(MostAddresses).Select(DialPolicy.Normalize))
        {
            if (policy.Refusal(candidate, target.Port) is { } reason)
            {
                refusal = reason;
            }
            else
            {
                allowed.Add(new IPEndPoint(candidate, target.Port));
            }
        }

        return allowed.Count > 0
            ? [.. allowed]
            : throw new StreamEndedException(new(StreamEndCode.NotAllowed, $"the manager does not dial {target}: {refusal}"));
    }

    private static async Task<IPAddress[]> LookUpAsync(DialTarget target, CancellationToken cancellationToken)
    {
        try
        {
            IPAddress[] found = await System.Net.Dns.GetHostAddressesAsync(target.Host!, cancellationToken);
            return found.Length > 0 ? found : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (SocketException e)
        {
            throw new StreamEndedException(DialFailure.Of(e, target.Host!));
        }
    }
}
