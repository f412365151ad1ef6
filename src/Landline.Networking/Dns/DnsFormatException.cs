namespace Landline.Networking.Dns;

/// <summary>Bytes that are no DNS message. The peer is wrong; drop the message.</summary>
public sealed class DnsFormatException(string message) : Exception(message);
