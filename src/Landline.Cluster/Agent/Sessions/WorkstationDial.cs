using System.Text.Json;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Agent.Sessions;

/// <summary>Opens Inbound streams: through the manager to the workstation of an attachment, and to its handler there.</summary>
internal sealed class WorkstationDial(SessionClient sessions, TimeProvider timeProvider)
{
    /// <summary>
    /// A caller waits this long for a workstation that does not answer before the original does: longer than the worst
    /// round trip, shorter than what callers give up after.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500);

    /// <summary>Null: the handler refused, or nobody answered in time.</summary>
    public async ValueTask<SessionStream?> TryOpenAsync(InboundOpen open, CancellationToken cancellationToken)
    {
        Session session = sessions.Current;
        if (session.State != SessionState.Connected)
        {
            return null;
        }

        SessionStream stream = session.Open(
            StreamKind.Inbound, JsonSerializer.SerializeToUtf8Bytes(open, ProtocolJson.Default.InboundOpen));
        try
        {
            return await stream.Opened.WaitAsync(Patience, timeProvider, cancellationToken) is null ? stream : null;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            stream.Reset(new(StreamEndCode.Canceled, "The caller waits no longer for the workstation."));
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }
}
