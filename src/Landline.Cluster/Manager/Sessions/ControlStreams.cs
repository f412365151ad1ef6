using System.Text.Json;
using Landline.Cluster.Manager.Discovery;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>Serves Control streams: tells the workstation what the cluster looks like, as soon as that is known and on every change.</summary>
internal sealed class ControlStreams(ClusterFacts facts, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>A rollout changes much at once; the workstation needs to hear of it once.</summary>
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(300);

    /// <summary>A workstation said something. Raised on the session's threads: must not block.</summary>
    public event Action<WorkstationPeer, ManagerMessage>? Received;

    /// <summary>
    /// A Control stream has been opened; <see cref="JsonLines{T}.WriteAsync"/> may be used until the token says that it ends.
    /// </summary>
    public event Action<WorkstationPeer, JsonLines<ManagerMessage>, CancellationToken>? Opened;

    public async Task ServeAsync(WorkstationPeer workstation, SessionStream stream, CancellationToken cancellationToken)
    {
        stream.Accept();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using Stream bytes = stream.AsStream();
        using var lines = new JsonLines<ManagerMessage>(bytes, ProtocolJson.Default.ManagerMessage);
        Opened?.Invoke(workstation, lines, stop.Token);
        Task telling = TellAsync(lines, stop.Token);
        try
        {
            await ListenAsync(workstation, lines, stop.Token);
        }
        catch (JsonException e)
        {
            SessionsLog.ControlFailed(logger, workstation.Session.Id, e.Message);
            stream.Reset(new(StreamEndCode.ProtocolError, "the manager cannot read this message"));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The session or the manager ends.
        }
        finally
        {
            await stop.CancelAsync();
            await telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ListenAsync(WorkstationPeer workstation, JsonLines<ManagerMessage> lines, CancellationToken cancellationToken)
    {
        while (await lines.ReadAsync(cancellationToken) is { } message)
        {
            Received?.Invoke(workstation, message);
        }
    }

    private async Task TellAsync(JsonLines<ManagerMessage> lines, CancellationToken cancellationToken)
    {
        // A manager that has just started would say that there are no services.
        await facts.Known.WaitAsync(cancellationToken);
        while (true)
        {
            (ClusterMessage message, Task changed) = facts.Current;
            await lines.WriteAsync(message, cancellationToken);
            await changed.WaitAsync(cancellationToken);
            await Task.Delay(QuietTime, timeProvider, cancellationToken);
        }
    }
}
