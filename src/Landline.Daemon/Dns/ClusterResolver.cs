using System.Collections.Concurrent;
using System.Net;
using Landline.Networking.Dns;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Dns;

/// <summary>
/// Decides for each question whether the cluster or this machine's earlier resolver is asked, and gives the answer
/// under the name that was asked. The same question asked twice at a time is asked onward once; that also stops a
/// question that comes back to us through somebody else's resolver from going round for ever.
/// </summary>
internal sealed class ClusterResolver(ClusterDnsChannel cluster, UpstreamResolver upstream, ClusterNames names, ILogger logger)
{
    private readonly ConcurrentDictionary<string, Task<byte[]>> _underWay = new(StringComparer.Ordinal);
    private readonly KnownNames _known = new();
    private volatile ClusterNames _names = names;
    private int _clusterFailures;
    private int _upstreamFailures;

    /// <summary>Whether the session has no link at the moment.</summary>
    public Func<bool> IsAway { get; init; } = static () => false;

    /// <summary>Replaced whenever the manager reports a change; questions under way keep the old ones.</summary>
    public ClusterNames Names
    {
        get => _names;
        set => _names = value;
    }

    /// <summary>Whether another connection's server is asked when <c>upstream</c> is.</summary>
    public Func<bool> IsConnectionBelow { get; init; } = () => false;

    /// <summary>Awaited before an answer with these addresses of an --also-proxy host is given. Must not throw.</summary>
    public Func<string, IReadOnlyList<IPAddress>, Task> AddressesSeen { get; init; } = (_, _) => Task.CompletedTask;

    /// <inheritdoc cref="DnsHandler"/>
    public async Task<byte[]> AnswerAsync(ReadOnlyMemory<byte> message, bool overTcp, CancellationToken cancellationToken)
    {
        if (!DnsQuery.TryParse(message, out DnsQuery? query))
        {
            return Refusal(message.Span);
        }

        // All but the id, so that only what has the same flags and options shares an answer.
        string key = (overTcp ? "t" : "u") + Convert.ToHexString(message.Span[sizeof(ushort)..]);
        var first = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<byte[]> shared = _underWay.GetOrAdd(key, first.Task);
        if (shared == first.Task)
        {
            return await ResolveForAllAsync(query, overTcp, key, first, cancellationToken);
        }

        byte[] answer = (byte[])(await shared).Clone();
        message.Span[..sizeof(ushort)].CopyTo(answer);
        return answer;
    }

    private static byte[] Refusal(ReadOnlySpan<byte> message)
    {
        DnsHeader.TryRead(message, out DnsHeader header);
        DnsResponseCode code = header.Opcode == 0 ? DnsResponseCode.FormatError : DnsResponseCode.NotImplemented;
        byte[] answer = new byte[DnsHeader.Bytes];
        message[..sizeof(uint)].CopyTo(answer);
        answer[2] |= 0x80; // the response flag; opcode and RD stay as they were
        answer[3] = (byte)code;
        return answer;
    }

    // Those who asked the same meanwhile wait for the first one's answer, or for its failure.
    private async Task<byte[]> ResolveForAllAsync(
        DnsQuery query, bool overTcp, string key, TaskCompletionSource<byte[]> first, CancellationToken cancellationToken)
    {
        byte[] answer = query.Answer(DnsResponseCode.ServerFailure);
        try
        {
            ClusterNames names = _names;
            NameTarget target = NameTarget.Of(query.Question.Name, query.Question.Type, names);
            bool isAlsoProxy = target.Owner != NameOwner.Upstream && names.AlsoProxyHosts.Contains(query.Question.Name);
            answer = isAlsoProxy
                ? await AskAlsoProxyAsync(query, target, cancellationToken)
                : IsAway() && await AnswerWithoutClusterAsync(query, target, names, overTcp, cancellationToken) is { } known
                    ? known
                    : await ResolveAsync(query, target, overTcp, cancellationToken);
            return answer;
        }
        finally
        {
            _underWay.TryRemove(key, out _);
            first.SetResult(answer);
        }
    }

    private async Task<byte[]> ResolveAsync(DnsQuery query, NameTarget target, bool overTcp, CancellationToken cancellationToken)
    {
        byte[]? ofCluster = target.Owner == NameOwner.Upstream
            ? null
            : await AskClusterAsync(query, target, cancellationToken);
        if (ofCluster is null)
        {
            return await AskUpstreamAsync(query, overTcp, cancellationToken);
        }

        // Nobody's word yet, and the name may exist elsewhere. That it does not exist there says nothing about the cluster.
        return CodeOf(ofCluster) == DnsResponseCode.ServerFailure
            ? await FindUpstreamAsync(query, target, overTcp, cancellationToken) ?? ofCluster
            : ofCluster;
    }

    // Null: only the cluster can tell, so it is waited for. What could bring it back must not wait for it.
    private async Task<byte[]?> AnswerWithoutClusterAsync(
        DnsQuery query, NameTarget target, ClusterNames names, bool overTcp, CancellationToken cancellationToken) => target.Owner switch
        {
            NameOwner.ClusterThenUpstream => await FindUpstreamAsync(query, target, overTcp, cancellationToken),
            not NameOwner.Upstream when names.IsSearchedSessionHost(target.Name) => query.Answer(DnsResponseCode.ServerFailure),
            _ => null,
        };

    // Null: the name is the cluster's, or there is none elsewhere. A network that answers everything, as a hotel's does before one has
    // paid, must not give the cluster's names addresses of its own.
    private async Task<byte[]?> FindUpstreamAsync(
        DnsQuery query, NameTarget target, bool overTcp, CancellationToken cancellationToken)
    {
        if (target.Owner != NameOwner.ClusterThenUpstream || _known.Contains(target.Name))
        {
            return null;
        }

        byte[] answer = await AskUpstreamAsync(query, overTcp, cancellationToken);
        if (AnswerElsewhere.IsTruncated(answer))
        {
            return answer;
        }

        if (AnswerElsewhere.Shorten(query, answer) is { } found)
        {
            return found;
        }

        // Programs ask for the addresses of both versions, and many names have those of one.
        return AnswerElsewhere.HasNoRecords(answer)
            && AnswerElsewhere.OtherAddressType(query) is { } other
            && DnsQuery.TryParse(other, out DnsQuery? otherQuery)
            && AnswerElsewhere.Shorten(otherQuery, await AskUpstreamAsync(otherQuery, overTcp, cancellationToken)) is not null
                ? query.Answer(DnsResponseCode.NoError)
                : null;
    }

    private static DnsResponseCode? CodeOf(byte[] answer) =>
        DnsHeader.TryRead(answer, out DnsHeader header) ? header.Code : null;

    private async Task<byte[]> AskAlsoProxyAsync(DnsQuery query, NameTarget target, CancellationToken cancellationToken)
    {
        // A short name that is no service's may still be a host of the cluster's network.
        byte[] answer = await AskClusterAsync(query, target, cancellationToken)
            ?? await AskClusterAsync(query, new NameTarget(NameOwner.Cluster, query.Question.Name), cancellationToken)
            ?? query.Answer(DnsResponseCode.NameError);
        IReadOnlyList<IPAddress> addresses = ClusterLookup.AddressesIn(answer, query.Question.Type);
        if (addresses.Count > 0)
        {
            await AddressesSeen(query.Question.Name, addresses);
        }

        return answer;
    }

    // Null: the cluster has no such name, and somebody else may.
    private async Task<byte[]?> AskClusterAsync(DnsQuery query, NameTarget target, CancellationToken cancellationToken)
    {
        try
        {
            bool renamed = target.Name != query.Question.Name;
            byte[] answer = await cluster.AskAsync(renamed ? query.Rename(target.Name) : query.Message, cancellationToken);
            int failures = Interlocked.Exchange(ref _clusterFailures, 0);
            if (failures > 0)
            {
                DnsLog.ClusterAnswersAgain(logger, failures);
            }

            DnsHeader.TryRead(answer, out DnsHeader header);
            if (target.Owner == NameOwner.ClusterThenUpstream)
            {
                _known.Learn(target.Name, header.Code);
            }

            if (header.Code == DnsResponseCode.NameError && MayBeElsewhere(target))
            {
                return null;
            }

            answer = renamed ? query.Restore(answer) : answer;
            return answer.Length <= DnsMessage.LargestBytes ? answer : query.Answer(DnsResponseCode.ServerFailure);
        }
        catch (FormatException)
        {
            // With the cluster's domain behind it the name is too long, so the cluster cannot have it.
            return MayBeElsewhere(target) ? null : query.Answer(DnsResponseCode.NameError);
        }
        catch (DnsFormatException e)
        {
            return Failed(query, e.Message);
        }
        catch (DnsUnavailableException e)
        {
            return Failed(query, e.Message);
        }
    }

    private bool MayBeElsewhere(NameTarget target) => target.Owner == NameOwner.ClusterThenUpstream
        || (target.Owner == NameOwner.ClusterThenConnectionBelow && IsConnectionBelow());

    private byte[] Failed(DnsQuery query, string reason)
    {
        if (Interlocked.Increment(ref _clusterFailures) == 1)
        {
            DnsLog.ClusterSilent(logger, reason);
        }

        return query.Answer(DnsResponseCode.ServerFailure);
    }

    private async Task<byte[]> AskUpstreamAsync(DnsQuery query, bool overTcp, CancellationToken cancellationToken)
    {
        try
        {
            byte[] answer = await upstream.AskAsync(query, overTcp, cancellationToken);
            int failures = Interlocked.Exchange(ref _upstreamFailures, 0);
            if (failures > 0)
            {
                DnsLog.UpstreamAnswersAgain(logger, failures);
            }

            return answer;
        }
        catch (DnsUnavailableException e)
        {
            if (Interlocked.Increment(ref _upstreamFailures) == 1)
            {
                DnsLog.UpstreamSilent(logger, e.Message);
            }

            return query.Answer(DnsResponseCode.ServerFailure);
        }
    }
}
