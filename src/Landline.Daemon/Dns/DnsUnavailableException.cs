namespace Landline.Daemon.Dns;

/// <summary>No answer came in time; the asker gets SERVFAIL, which makes it try again.</summary>
internal sealed class DnsUnavailableException(string message) : Exception(message);
