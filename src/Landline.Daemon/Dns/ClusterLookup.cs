using System.Net;
using System.Runtime.ExceptionServices;
using Landline.Networking.Dns;

namespace Landline.Daemon.Dns;

/// <summary>Addresses of a host name as the cluster sees it, for --also-proxy names.</summary>
internal sealed class ClusterLookup(ClusterDnsChannel cluster)
{
    private const ushort RecursionDesired = 0x0100;

    /// <summary>
    /// All IPv4 and IPv6 addresses, sorted; none when the cluster knows no such name. Of a name whose servers answer for one
    /// version only, the addresses of that.
    /// </summary>
    /// <exception cref="DnsUnavailableException">The cluster's resolver did not answer, or failed, for either version.</exception>
    /// <exception cref="FormatException">Not a host name.</exception>
    public async Task<IReadOnlyList<IPAddress>> AddressesAsync(string host, CancellationToken cancellationToken)
    {
        Task<IPAddress[]>[] asked = [AskAsync(host, DnsRecordType.A, cancellationToken), AskAsync(host, DnsRecordType.AAAA, cancellationToken)];
        var found = new HashSet<IPAddress>();
        DnsUnavailableException? failure = null;
        foreach (Task<IPAddress[]> answer in asked)
        {
            try
            {
                found.UnionWith(await answer);
            }
            catch (DnsUnavailableException e)
            {
                failure = e; // A server that refuses one version says nothing about the other.
            }
        }

        if (found.Count == 0 && failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return [.. found.OrderBy(address => address.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>The addresses that an answer gives; none where it is a failure or nonsense.</summary>
    public static IReadOnlyList<IPAddress> AddressesIn(ReadOnlySpan<byte> answer, DnsRecordType type)
    {
        try
        {
            return Addresses(DnsMessage.Parse(answer), type);
        }
        catch (DnsFormatException)
        {
            return [];
        }
    }

    private async Task<IPAddress[]> AskAsync(string host, DnsRecordType type, CancellationToken cancellationToken)
    {
        var query = new DnsMessage { Flags = RecursionDesired, Questions = [new DnsQuestion(host, type)] };
        try
        {
            DnsMessage answer = DnsMessage.Parse(await cluster.AskAsync(query.ToArray(), cancellationToken));
            return answer.Code switch
            {
                DnsResponseCode.NoError => Addresses(answer, type),
                DnsResponseCode.NameError => [],
                _ => throw new DnsUnavailableException($"The cluster's resolver answered {answer.Code} for {host}."),
            };
        }
        catch (DnsFormatException e)
        {
            throw new DnsUnavailableException($"The cluster's resolver answered nonsense: {e.Message}");
        }
    }

    private static IPAddress[] Addresses(DnsMessage answer, DnsRecordType type) =>
        [.. answer.Answers.Where(record => IsAddress(record, type)).Select(record => new IPAddress(record.Data.Span))];

    // Other records are the CNAMEs on the way.
    private static bool IsAddress(DnsRecord record, DnsRecordType type) =>
        record.Type == type && record.Data.Length == type switch { DnsRecordType.A => 4, DnsRecordType.AAAA => 16, _ => -1 };
}
