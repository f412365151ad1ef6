using System.Text.Json;
using Landline.Cluster.Agent.Capture;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent.Control;

/// <summary>
/// The control stream to the manager: hears what is to be attached and who is alive, tells what has become of it. When it
/// ends it is opened again, on whatever session there is then.
/// </summary>
internal sealed class ManagerControl(
    SessionClient sessions, AttachedPods pods, LiveAttachments live, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan PauseAfterEnd = TimeSpan.FromMilliseconds(200);

    private long _generation;

    /// <summary>Until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await ServeStreamAsync(cancellationToken);
                AgentLog.ControlEnded(logger, "the manager ended it");
            }
            catch (Exception e) when (e is IOException or JsonException or ObjectDisposedException)
            {
                AgentLog.ControlEnded(logger, e.Message);
            }

            live.Forget();
            await Task.Delay(PauseAfterEnd, timeProvider, cancellationToken);
        }
    }

    private async Task ServeStreamAsync(CancellationToken cancellationToken)
    {
        SessionStream stream = await sessions.Current.OpenAsync(StreamKind.Control, ReadOnlyMemory<byte>.Empty, cancellationToken);
        await using Stream bytes = stream.AsStream();
        using var lines = new JsonLines<AgentMessage>(bytes, ProtocolJson.Default.AgentMessage);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var changed = new SemaphoreSlim(1, 1);
        void Wake()
        {
            try
            {
                changed.Release();
            }
            catch (SemaphoreFullException)
            {
                // It is going to report anyway.
            }
        }

        pods.Changed += Wake;
        Task reporting = ReportAsync(lines, changed, stop.Token);
        try
        {
            while (await lines.ReadAsync(cancellationToken) is { } message)
            {
                Take(message);
            }
        }
        finally
        {
            pods.Changed -= Wake;
            await stop.CancelAsync();
            await reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Take(AgentMessage message)
    {
        switch (message)
        {
            case DesiredMessage desired:
                Volatile.Write(ref _generation, desired.Generation);
                pods.SetDesired(desired.Attachments);
                break;
            case LiveMessage heard:
                live.Hear(heard);
                break;
        }
    }

    private async Task ReportAsync(JsonLines<AgentMessage> lines, SemaphoreSlim changed, CancellationToken cancellationToken)
    {
        while (true)
        {
            await changed.WaitAsync(cancellationToken);
            await lines.WriteAsync(
                new ReportMessage { Generation = Volatile.Read(ref _generation), Pods = pods.Reports }, cancellationToken);
        }
    }
}
