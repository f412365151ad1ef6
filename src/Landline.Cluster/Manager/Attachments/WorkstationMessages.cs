using System.Collections.Concurrent;
using System.Threading.Channels;
using Landline.Cluster.Manager.Sessions;
using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>
/// The control streams of the workstations, seen from attaching: what they say, and a queue for what they are told, so
/// that a workstation that does not read holds nobody up. Thread-safe.
/// </summary>
internal sealed class WorkstationMessages
{
    /// <summary>When a workstation is this far behind the oldest are dropped: the newest status is the one that counts.</summary>
    private const int QueuedMessages = 256;

    private readonly ConcurrentDictionary<ObjectKey, Channel<ManagerMessage>> _queues = new();

    public event Action<WorkstationPeer, ConfirmAttachmentMessage>? AttachmentConfirmed;

    public event Action<WorkstationPeer, ListWorkloadsMessage>? WorkloadsAsked;

    public void Received(WorkstationPeer workstation, ManagerMessage message)
    {
        switch (message)
        {
            case ConfirmAttachmentMessage confirmation:
                AttachmentConfirmed?.Invoke(workstation, confirmation);
                break;
            case ListWorkloadsMessage question:
                WorkloadsAsked?.Invoke(workstation, question);
                break;
        }
    }

    public void Send(ObjectKey connection, ManagerMessage message) =>
        _queues.GetValueOrDefault(connection)?.Writer.TryWrite(message);

    /// <summary>Writes what is sent to the workstation until its control stream ends.</summary>
    public async Task PumpAsync(WorkstationPeer workstation, JsonLines<ManagerMessage> lines, CancellationToken cancellationToken)
    {
        var queue = Channel.CreateBounded<ManagerMessage>(
            new BoundedChannelOptions(QueuedMessages) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        _queues[workstation.Key] = queue;
        try
        {
            await foreach (ManagerMessage message in queue.Reader.ReadAllAsync(cancellationToken))
            {
                await lines.WriteAsync(message, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The stream has ended; its reader knows why.
        }
        finally
        {
            // Only this very one: the connection's next session may have come already.
            _queues.TryRemove(KeyValuePair.Create(workstation.Key, queue));
        }
    }
}
