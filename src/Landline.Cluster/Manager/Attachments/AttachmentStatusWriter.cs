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
/// that a slow API server delays nothing else. What could not be written is tried again, ever later: after an outage of the API
/// server nothing may change for hours, and who may see only the object would see the status of before.
/// </summary>
internal sealed class AttachmentStatusWriter(KubernetesClient client, TimeProvider timeProvider, ILogger logger)
{
    private sealed record Wanted(string Uid, AttachmentStatus Status, int Failures, DateTimeOffset Next);

    /// <summary>With the pauses between them more than half an hour: longer than an API server is updated.</summary>
    private const int MostTries = 40;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<ObjectKey, Wanted> _wanted = new();
    private readonly Signal _changed = new(timeProvider);

    /// <param name="uid">Of the object that is meant: another one may have its name by now.</param>
    public void Write(ObjectKey attachment, string uid, AttachmentStatus status)
    {
        _wanted[attachment] = new Wanted(uid, status, 0, DateTimeOffset.MinValue);
        _changed.Raise();
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            foreach ((ObjectKey key, Wanted wanted) in _wanted)
            {
                if (wanted.Next <= now && _wanted.TryRemove(KeyValuePair.Create(key, wanted)) && !await TryWriteAsync(key, wanted, cancellationToken))
                {
                    TryLater(key, wanted);
                }
            }

            await _changed.WaitAsync(UntilNext(), cancellationToken);
        }
    }

    private void TryLater(ObjectKey key, Wanted wanted)
    {
        int failures = wanted.Failures + 1;
        if (failures < MostTries)
        {
            TimeSpan pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(wanted.Failures, 10)));
            _wanted.TryAdd(key, new Wanted(wanted.Uid, wanted.Status, failures, timeProvider.GetUtcNow() + pause)); // A newer one is there: that counts.
        }
    }

    private TimeSpan UntilNext()
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        DateTimeOffset next = _wanted.Values.Select(wanted => wanted.Next).Append(now + LongestPause).Min();
        return next > now ? next - now : TimeSpan.Zero;
    }

    /// <returns>False: to be tried again.</returns>
    private async Task<bool> TryWriteAsync(ObjectKey key, Wanted wanted, CancellationToken cancellationToken)
    {
        // A merge keeps what is not mentioned, and nulls are left out of the JSON: what is over must be said.
        JsonObject content = JsonSerializer.SerializeToNode(wanted.Status, ProtocolJson.Default.AttachmentStatus)!.AsObject();
        content["reason"] = wanted.Status.Reason;
        content["message"] = wanted.Status.Message;
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = wanted.Uid }, ["status"] = content };
        try
        {
            await client.PatchAsync(AttachmentObject.Type, key.Namespace, key.Name, Patch.Merge(patch).OfStatus(), cancellationToken);
            return true;
        }
        catch (KubernetesApiException e) when (e.IsNotFound || e.IsConflict)
        {
            return true; // Gone meanwhile, or another one has its name; nobody looks for its status.
        }
        catch (Exception e) when (KubernetesFailure.Is(e))
        {
            // The workstation has it from the control stream.
            AttachmentsLog.StatusNotWritten(logger, key.ToString(), e.Message);
            return false;
        }
    }
}
