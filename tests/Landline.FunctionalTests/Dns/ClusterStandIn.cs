using System.Net;
using System.Threading.Channels;
using Landline.Daemon.Dns;
using Landline.Networking.Dns;

namespace Landline.FunctionalTests.Dns;

/// <summary>The cluster's resolver with a fixed list of names, at the other end of an exchange.</summary>
internal sealed class ClusterStandIn(IReadOnlyDictionary<string, string[]> addresses) : IDnsExchange
{
    private readonly Channel<byte[]> _answers = Channel.CreateBounded<byte[]>(1000);

    public bool TrySend(ReadOnlySpan<byte> message) => _answers.Writer.TryWrite(Answer(DnsMessage.Parse(message)).ToArray());

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        byte[] answer = await _answers.Reader.ReadAsync(cancellationToken);
        answer.CopyTo(buffer);
        return answer.Length;
    }

    public void Close() => _answers.Writer.TryComplete();

    private DnsMessage Answer(DnsMessage query)
    {
        DnsQuestion question = query.Questions[0];
        bool exists = addresses.TryGetValue(question.Name, out string[]? found);
        return query with
        {
            Flags = (ushort)(0x8580 | (int)(exists ? DnsResponseCode.NoError : DnsResponseCode.NameError)),
            Answers = question.Type != DnsRecordType.A || found is null
                ? []
                : [.. found.Select(address => new DnsRecord(
                    question.Name, DnsRecordType.A, 1, 5, IPAddress.Parse(address).GetAddressBytes()))],
            Additionals = [],
        };
    }
}
