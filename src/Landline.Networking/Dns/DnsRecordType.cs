using System.Diagnostics.CodeAnalysis;

namespace Landline.Networking.Dns;

/// <summary>The record types that Landline looks at. Every other number is as valid and passed on as it is.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "PTR is what the RFC calls it.")]
public enum DnsRecordType : ushort
{
    A = 1,
    NS = 2,
    CNAME = 5,
    SOA = 6,
    PTR = 12,
    MX = 15,
    TXT = 16,
    AAAA = 28,
    SRV = 33,
    DNAME = 39,
    OPT = 41,
    DS = 43,
    DNSKEY = 48,
    ANY = 255,
}
