using System.Net;
using Landline.Networking.Dns;

namespace Landline.Tests.Daemon.Dns;

/// <summary>Questions and answers for tests.</summary>
internal static class Messages
{
    public static byte[] Question(string name, ushort id = 0x1234, DnsRecordType type = DnsRecordType.A) => new DnsMessage
    {
        Id = id,
        Flags = 0x0100,
        Questions = [new DnsQuestion(name, type)],
    }.ToArray();

    /// <summary>An answer to a question as it came, with one address, or none and a code.</summary>
    public static byte[] Answer(byte[] question, string? address, DnsResponseCode code = DnsResponseCode.NoError)
    {
        DnsMessage asked = DnsMessage.Parse(question);
        return new DnsMessage
        {
            Id = asked.Id,
            Flags = (ushort)(0x8580 | (int)code),
            Questions = asked.Questions,
            Answers = address is null
                ? []
                : [new DnsRecord(asked.Questions[0].Name, DnsRecordType.A, 1, 5, IPAddress.Parse(address).GetAddressBytes())],
        }.ToArray();
    }
}
