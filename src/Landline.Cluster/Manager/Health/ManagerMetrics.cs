using System.Collections.Concurrent;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Health;

/// <summary>What the manager counts. Thread-safe; written on the data path, so every count is one interlocked addition.</summary>
internal sealed class ManagerMetrics
{
    private const int Kinds = 16;
    private readonly long[] _streamsOpened = new long[Kinds];
    private readonly long[] _streamsOpen = new long[Kinds];
    private readonly ConcurrentDictionary<string, long> _dials = new(StringComparer.Ordinal);
    private long _dnsQueries;
    private long _dnsQueriesDropped;
    private long _linksRefused;
    private long _sessionsStarted;
    private long _connectionsExpired;

    public long DnsQueries => Volatile.Read(ref _dnsQueries);

    public long DnsQueriesDropped => Volatile.Read(ref _dnsQueriesDropped);

    public long LinksRefused => Volatile.Read(ref _linksRefused);

    public long SessionsStarted => Volatile.Read(ref _sessionsStarted);

    public long ConnectionsExpired => Volatile.Read(ref _connectionsExpired);

    public SessionTraffic OfWorkstations { get; } = new();

    public SessionTraffic OfAgents { get; } = new();

    /// <summary>By result: "ok" or the name of the failure.</summary>
    public IReadOnlyDictionary<string, long> Dials => _dials;

    public long StreamsOpened(StreamKind kind) => Volatile.Read(ref _streamsOpened[Index(kind)]);

    public long StreamsOpen(StreamKind kind) => Volatile.Read(ref _streamsOpen[Index(kind)]);

    public void StreamStarted(StreamKind kind)
    {
        Interlocked.Increment(ref _streamsOpened[Index(kind)]);
        Interlocked.Increment(ref _streamsOpen[Index(kind)]);
    }

    public void StreamEnded(StreamKind kind) => Interlocked.Decrement(ref _streamsOpen[Index(kind)]);

    /// <param name="failure">Null = it succeeded.</param>
    public void Dialled(StreamEndCode? failure) =>
        _dials.AddOrUpdate(failure?.ToString() ?? "ok", 1, static (_, count) => count + 1);

    public void DnsQuery() => Interlocked.Increment(ref _dnsQueries);

    public void DnsQueryDropped() => Interlocked.Increment(ref _dnsQueriesDropped);

    public void LinkRefused() => Interlocked.Increment(ref _linksRefused);

    public void SessionStarted() => Interlocked.Increment(ref _sessionsStarted);

    public void ConnectionExpired() => Interlocked.Increment(ref _connectionsExpired);

    // A kind that this version does not know is counted as kind 0.
    private static int Index(StreamKind kind) => (int)kind < Kinds ? (int)kind : 0;
}
