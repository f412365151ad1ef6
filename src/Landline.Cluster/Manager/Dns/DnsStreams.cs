using System.Buffers;
using Landline.Cluster.Manager.Health;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Dns;

/// <summary>Serves Dns streams: each frame is a question, and its answer goes back as soon as it is there, in any order.</summary>
internal sealed class DnsStreams(DnsForwarder forwarder, ManagerMetrics metrics)
{
    /// <summary>Of one stream; a question beyond that is dropped, and whoever asked asks again.</summary>
    private const int MostInFlight = 256;

    public async Task ServeAsync(SessionStream stream, CancellationToken cancellationToken)
    {
        stream.Accept();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var inFlight = new HashSet<Task>();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ushort.MaxValue);
        try
        {
            while (await stream.ReceiveDatagramAsync(buffer, stop.Token) is var length and >= 0)
            {
                inFlight.RemoveWhere(static task => task.IsCompleted);
                if (!DnsMessage.IsQuery(buffer.AsSpan(0, length)) || inFlight.Count >= MostInFlight)
                {
                    metrics.DnsQueryDropped();
                    continue;
                }

                metrics.DnsQuery();
                inFlight.Add(AnswerAsync(stream, buffer.AsSpan(0, length).ToArray(), stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or StreamEndedException)
        {
            // The session or the manager ends.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            await stop.CancelAsync();
            await Task.WhenAll(inFlight).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stream.Reset(new(StreamEndCode.Canceled, "the manager answers no more questions on this stream"));
        }
    }

    private async Task AnswerAsync(SessionStream stream, byte[] query, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> answer = await forwarder.AskAsync(query, cancellationToken);
        stream.TrySendDatagram(answer.Span);
    }
}
