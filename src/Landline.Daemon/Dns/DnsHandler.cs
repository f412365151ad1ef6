namespace Landline.Daemon.Dns;

/// <summary>Answers one query. Always completes with a message that carries the query's id, SERVFAIL if need be.</summary>
/// <param name="query">Valid until the task completes.</param>
/// <param name="overTcp">False: the server will truncate what is larger than the asker's UDP size.</param>
internal delegate Task<byte[]> DnsHandler(ReadOnlyMemory<byte> query, bool overTcp, CancellationToken cancellationToken);
