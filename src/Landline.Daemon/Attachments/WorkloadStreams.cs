using System.Text.Json;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Daemon.Attachments;

/// <summary>Opens streams to the workload of an attachment, through manager and agent.</summary>
internal sealed class WorkloadStreams(SessionClient sessions)
{
    /// <exception cref="StreamEndedException">No pod that runs, or what was wanted of it is not there.</exception>
    public ValueTask<SessionStream> OpenAsync(WorkloadOpen open, CancellationToken cancellationToken) =>
        sessions.Current.OpenAsync(
            StreamKind.Workload,
            JsonSerializer.SerializeToUtf8Bytes(open, ProtocolJson.Default.WorkloadOpen),
            cancellationToken);
}
