using Landline.Daemon.Connections;
using Landline.Daemon.Errors;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Daemon.Attachments;

/// <content>From the request to an attachment that is active, or to the reason why not.</content>
internal sealed partial class AttachmentSet
{
    /// <summary>An agent that is not there yet needs some seconds, and its image may have to be pulled.</summary>
    private static readonly TimeSpan LongestAttach = TimeSpan.FromSeconds(60);

    /// <summary>
    /// A workload that is replaced has its own pace: pods one by one, each with its grace period. As long as it gets on it is waited for,
    /// but not for ever.
    /// </summary>
    private static readonly TimeSpan LongestRollout = TimeSpan.FromMinutes(15);

    /// <summary>A pod that failed may be one that is just ending; after this long it is not.</summary>
    private static readonly TimeSpan LongestFailure = TimeSpan.FromSeconds(5);

    /// <summary>A workload without pods may be just rolling out.</summary>
    private static readonly TimeSpan LongestEmptiness = TimeSpan.FromSeconds(10);

    /// <summary>A policy refuses now as later, but a quota may be used up by a pod that is just ending.</summary>
    private static readonly TimeSpan LongestRefusal = TimeSpan.FromSeconds(3);

    /// <summary>A container that fails to start may be about to be started once more.</summary>
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(3);

    /// <summary>Returns when the attachment is active.</summary>
    /// <param name="report">Is told what is waited for; one call at a time.</param>
    /// <exception cref="UserErrorException">It cannot be, and nothing of it is left.</exception>
    public async Task<Attachment> AttachAsync(
        AttachRequest request, Func<AttachEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        var attachment = new Attachment(request, _objects.Namespace);
        if (!_byId.TryAdd(attachment.Id, attachment))
        {
            attachment.Dispose();
            throw DaemonErrors.AttachmentExists(request.Name);
        }

        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, attachment.Ending, _stop.Token);
        try
        {
            WorkstationSide side = await MakeAsync(attachment);
            await ConfirmAsync(attachment, any.Token);
            AttachmentStatus status = await WaitUntilActiveAsync(attachment, report, any.Token);
            attachment.IsStanding = true;
            await side.StartAsync(
                attachment, _workloads, _sessions, problem => TellOfFiles(attachment, problem), _time, _logger, any.Token);
            _logger.Attached(attachment.Id, status.Pods.Count);
            return attachment;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await EndAsync(attachment, AttachmentEnd.Detached);
            throw DaemonErrors.AttachmentNotReady(
                request.Name, _stop.IsCancellationRequested ? "the connection has ended" : "it was detached meanwhile");
        }
        catch
        {
            await EndAsync(attachment, AttachmentEnd.Detached);
            throw;
        }
    }

    // Whoever ends it meanwhile waits until this has returned, and then takes back what there is.
    private async Task<WorkstationSide> MakeAsync(Attachment attachment)
    {
        try
        {
            AttachRequest request = attachment.Request;
            SetKeepAlive();
            _logger.Attaching(attachment.Id, request.Spec.Type.ToString(), request.Spec.Workload.Name);
            _warnings.Clear(WarningCodes.AttachmentEnded, request.Name);
            WorkstationSide side = await WorkstationSide.PrepareAsync(request, _directory);
            attachment.Side = side;
            attachment.Ending.ThrowIfCancellationRequested();

            // Not broken off: whether a broken-off request has made something, nobody would know.
            attachment.Object = await _objects.CreateAsync(request, _stop.Token);
            attachment.Ending.ThrowIfCancellationRequested();
            return side;
        }
        finally
        {
            attachment.SetMade();
        }
    }

    // When there is no control stream, the next one brings the confirmation: see ConfirmAgainAsync.
    private Task<bool> ConfirmAsync(Attachment attachment, CancellationToken cancellationToken) => _control.TrySendAsync(
        new ConfirmAttachmentMessage { Name = attachment.Request.Name, Uid = attachment.Uid! }, cancellationToken);

    private async Task<AttachmentStatus> WaitUntilActiveAsync(
        Attachment attachment, Func<AttachEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        string name = attachment.Request.Name;
        long begin = _time.GetTimestamp();
        long reasonSince = begin;
        long progressSince = begin;
        string? told = null;
        AttachmentStatus status = attachment.Status;
        while (true)
        {
            switch (status.Phase)
            {
                case AttachmentPhase.Active:
                    return status;
                case AttachmentPhase.Refused:
                    throw DaemonErrors.AttachmentRefused(name, status.Reason ?? "", status.Message ?? "The cluster refused it.");
                case AttachmentPhase.Ended:
                    throw DaemonErrors.AttachmentNotReady(name, "somebody deleted it in the cluster");
            }

            if (status.Message is { } message && message != told)
            {
                told = message;
                await report(new AttachProgressEvent(message.TrimEnd('.')));
            }

            TimeSpan left = Min(
                LongestRollout - _time.GetElapsedTime(begin),
                Min(PaceOf(status.Reason) - _time.GetElapsedTime(progressSince), PatienceWith(status.Reason) - _time.GetElapsedTime(reasonSince)));
            AttachmentStatus before = status;
            try
            {
                status = await attachment.NextStatusAsync(before, cancellationToken)
                    .WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time, cancellationToken);
            }
            catch (TimeoutException)
            {
                string state = before.Message ?? "the manager said nothing about it";
                throw before.Reason switch
                {
                    AttachmentStatus.NothingRuns or AttachmentStatus.ContainerFails => DaemonErrors.WorkloadDoesNotRun(name, state, _objects.Namespace),
                    AttachmentStatus.AgentNotAdmitted => DaemonErrors.AgentNotAdmitted(name, state),
                    _ => DaemonErrors.AttachmentNotReady(name, state),
                };
            }

            if (status.Reason != before.Reason)
            {
                reasonSince = _time.GetTimestamp();
            }

            if (IsRollout(before.Reason) && (status.Reason, status.Message) != (before.Reason, before.Message))
            {
                progressSince = _time.GetTimestamp();
            }
        }
    }

    private static TimeSpan PatienceWith(string? reason) => reason switch
    {
        "PodFailed" or "UserNamespace" => LongestFailure,
        AttachmentStatus.AgentNotAdmitted => LongestRefusal,
        AttachmentStatus.NothingRuns => LongestEmptiness,
        AttachmentStatus.ContainerFails => LongestStart,
        _ => LongestRollout,
    };

    private static bool IsRollout(string? reason) => reason is AttachmentStatus.Replacing or AttachmentStatus.OriginalEnds;

    // What ends takes its grace period, and says nothing meanwhile.
    private static TimeSpan PaceOf(string? reason) => reason == AttachmentStatus.OriginalEnds ? LongestRollout : LongestAttach;

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
