using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Agents;

/// <summary>
/// The control stream to one agent. What it is told is state, not events: only the newest of each kind is sent, so nothing
/// piles up for an agent that is slow. Any thread sets; one task writes and one reads.
/// </summary>
internal sealed class AgentControl(AgentPeer agent, Stream stream) : IDisposable
{
    private readonly JsonLines<AgentMessage> _lines = new(stream, ProtocolJson.Default.AgentMessage);
    private readonly SemaphoreSlim _changed = new(0);
    private readonly Lock _lock = new();
    private IReadOnlyList<AgentAttachment> _desired = [];
    private DesiredMessage? _toSend;
    private LiveMessage? _liveToSend;
    private long _generation;
    private byte[] _sent = [];

    public AgentPeer Agent => agent;

    public string Node => agent.Node;

    public IEnumerable<string> Attachments => _desired.Select(attachment => attachment.Attachment);

    public void SetDesired(IReadOnlyList<AgentAttachment> desired)
    {
        var message = new DesiredMessage { Attachments = desired };

        // Compared as it is sent: records compare their lists by reference.
        byte[] content = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(message, ProtocolJson.Default.DesiredMessage);
        lock (_lock)
        {
            if (_generation > 0 && content.AsSpan().SequenceEqual(_sent))
            {
                return;
            }

            _desired = desired;
            _sent = content;
            _toSend = message with { Generation = ++_generation };
        }

        _changed.Release();
    }

    public void SetLive(IReadOnlyList<string> attachments)
    {
        lock (_lock)
        {
            _liveToSend = new LiveMessage { Attachments = attachments };
        }

        _changed.Release();
    }

    /// <summary>Until the agent or the manager ends the stream.</summary>
    public async Task RunAsync(Action<ReportMessage> reported, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task writing = WriteAsync(stop.Token);
        try
        {
            while (await _lines.ReadAsync(cancellationToken) is { } message)
            {
                if (message is ReportMessage report)
                {
                    reported(report);
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _lines.Dispose();

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _changed.WaitAsync(cancellationToken);
            (DesiredMessage? desired, LiveMessage? live) = Take();
            if (desired is not null)
            {
                await _lines.WriteAsync(desired, cancellationToken);
            }

            if (live is not null)
            {
                await _lines.WriteAsync(live, cancellationToken);
            }
        }
    }

    private (DesiredMessage? Desired, LiveMessage? Live) Take()
    {
        lock (_lock)
        {
            (DesiredMessage?, LiveMessage?) taken = (_toSend, _liveToSend);
            (_toSend, _liveToSend) = (null, null);
            return taken;
        }
    }
}
