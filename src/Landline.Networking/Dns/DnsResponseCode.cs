namespace Landline.Networking.Dns;

/// <summary>The four bits of the header that say how a query went (RFC 1035, 4.1.1).</summary>
public enum DnsResponseCode : byte
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NameError = 3,
    NotImplemented = 4,
    Refused = 5,
}
