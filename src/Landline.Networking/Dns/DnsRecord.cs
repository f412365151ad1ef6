namespace Landline.Networking.Dns;

/// <param name="Name">Lower case, no dot at the end; empty is the root.</param>
/// <param name="Data">As on the wire, but with the names inside written in full.</param>
public sealed record DnsRecord(string Name, DnsRecordType Type, ushort Class, uint TimeToLive, ReadOnlyMemory<byte> Data);
