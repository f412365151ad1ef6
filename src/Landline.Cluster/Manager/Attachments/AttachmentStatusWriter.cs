using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Watching;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>
/// Writes statuses into the API server behind the loop's back, one after the other and only the newest of each object, so
/// that a slow API server delays nothing else.
/// </summary>
internal sealed class AttachmentStatusWriter(KubernetesClient client, ILogger logger) : IDisposable
{
    private readonly ConcurrentDictionary<ObjectKey, AttachmentStatus> _wanted = new();
    private readonly SemaphoreSlim _changed = new(0);

    public void Write(ObjectKey attachment, AttachmentStatus status)
    {
        _wanted[attachment] = status;
        _changed.Release();
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _changed.WaitAsync(cancellationToken);
            foreach (ObjectKey key in _wanted.Keys)
            {
                if (_wanted.TryRemove(key, out AttachmentStatus? status))
                {
                    await WriteAsync(key, status, cancellationToken);
                }
            }
        }
    }

    public void Dispose() => _changed.Dispose();

    private async Task WriteAsync(ObjectKey key, AttachmentStatus status, CancellationToken cancellationToken)
    {
        // A merge keeps what is not mentioned, and nulls are left out of the JSON: what is over must be said.
        JsonObject content = JsonSerializer.SerializeToNode(status, ProtocolJson.Default.AttachmentStatus)!.AsObject();
        content["reason"] = status.Reason;
        content["message"] = status.Message;
        try
        {
            await client.PatchAsync(
                AttachmentObject.Type, key.Namespace, key.Name, Patch.Merge(new JsonObject { ["status"] = content }).OfStatus(), cancellationToken);
        }
        catch (Exception e) when (e is KubernetesApiException or KubernetesConnectionException)
        {
            // Gone meanwhile, most often. The workstation has it from the control stream; the next change is written again.
            AttachmentsLog.StatusNotWritten(logger, key.ToString(), e.Message);
        }
    }
}
