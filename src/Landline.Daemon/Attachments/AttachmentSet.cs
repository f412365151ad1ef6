using System.Collections.Concurrent;
using Landline.Daemon.Api;
using Landline.Daemon.Connections;
using Landline.Daemon.Errors;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Attachments;

/// <summary>
/// The attachments of one connection. How one comes to be is in AttachmentSet.Attaching.cs, how all of them survive a
/// session in AttachmentSet.Renewing.cs. Any thread may call anything.
/// </summary>
internal sealed partial class AttachmentSet : IAsyncDisposable
{
    /// <summary>Between detaching and resetting what is still open: requests that are being answered get to their end.</summary>
    private static readonly TimeSpan PatienceAtEnd = TimeSpan.FromSeconds(1);

    private readonly ConnectionDirectory _directory;
    private readonly AttachmentRegistration _objects;
    private readonly ControlChannel _control;
    private readonly SessionClient _sessions;
    private readonly ConnectionWarnings _warnings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly InboundAcceptor _inbound;
    private readonly WorkloadStreams _workloads;
    private readonly WorkloadQuestions _questions;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Attachment> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Attachment, Task> _endings = new();
    private readonly Task _confirming;
    private readonly Task _renewing;

    public AttachmentSet(
        ConnectionDirectory directory,
        AttachmentRegistration objects,
        ControlChannel control,
        SessionClient sessions,
        ConnectionWarnings warnings,
        TimeProvider time,
        ILogger logger)
    {
        (_directory, _objects, _control, _sessions, _warnings, _time, _logger) =
            (directory, objects, control, sessions, warnings, time, logger);
        _inbound = new InboundAcceptor(id => _byId.Values.FirstOrDefault(attachment => attachment.ClusterId == id), time, logger);
        _workloads = new WorkloadStreams(sessions);
        _questions = new WorkloadQuestions(control, time);
        control.Received += OnReceivedAsync;
        control.Reopened += OnReopened;
        _confirming = Task.Run(() => ConfirmAgainAsync(_stop.Token));
        _renewing = Task.Run(() => RenewAsync(_stop.Token));
    }

    public IReadOnlyList<AttachmentInfo> Describe() =>
        [.. _byId.Values.Select(attachment => attachment.Describe()).OrderBy(info => info.Name, StringComparer.Ordinal)];

    /// <summary>What could not be done though the attachment stands.</summary>
    public IReadOnlyList<WarningInfo> WarningsOf(Attachment attachment) =>
        _warnings.Find(WarningCodes.FilesNotMounted, attachment.Request.Name) is { } warning ? [warning] : [];

    /// <summary>For the session's streams; returns at once.</summary>
    public void Accept(SessionStream stream) => _inbound.Accept(stream);

    /// <summary>Returns when the object is deleted and the workstation's part has ended, or cannot be deleted now.</summary>
    /// <exception cref="UserErrorException">There is no attachment of that name.</exception>
    public async Task DetachAsync(string name)
    {
        Attachment? attachment = Find(name);
        bool hadEnded = _warnings.Clear(WarningCodes.AttachmentEnded, name);
        if (attachment is not null)
        {
            await EndAsync(attachment, AttachmentEnd.Detached);
            _logger.Detached(attachment.Id);
        }
        else if (!hadEnded)
        {
            throw Unknown(name);
        }
    }

    /// <exception cref="UserErrorException">There is no such attachment, or no pod that answers.</exception>
    public async Task<WorkloadEnvironment> ReadEnvironmentAsync(string name, CancellationToken cancellationToken)
    {
        Attachment attachment = Find(name) ?? throw Unknown(name);
        return await new EnvironmentReader(_workloads, _time).ReadAsync(attachment, cancellationToken);
    }

    /// <exception cref="UserErrorException">The manager does not answer, or can list nothing.</exception>
    public async Task<WorkloadReport> ListWorkloadsAsync(CancellationToken cancellationToken)
    {
        WorkloadsMessage answer = await _questions.AskAsync(cancellationToken) ?? throw DaemonErrors.WorkloadsUnavailable(_objects.Namespace);
        return answer.Error is { } error
            ? throw DaemonErrors.WorkloadsNotListed(_objects.Namespace, error)
            : new WorkloadReport(_objects.Namespace, answer.Workloads) { Unlisted = answer.Unlisted };
    }

    /// <summary>Detaches it if it still stands. What is left to do later is done later.</summary>
    public Task EndAsync(Attachment attachment) => EndAsync(attachment, AttachmentEnd.Detached);

    public async ValueTask DisposeAsync()
    {
        _control.Received -= OnReceivedAsync;
        _control.Reopened -= OnReopened;
        await _stop.CancelAsync();
        await Task.WhenAll(_confirming, _renewing);
        await Task.WhenAll(_byId.Values.Select(attachment => EndAsync(attachment, AttachmentEnd.Disconnected)));
        await Task.WhenAll(_endings.Values);
        _stop.Dispose();
        _confirm.Dispose();
        _renew.Dispose();
    }

    private Attachment? Find(string name) => _byId.GetValueOrDefault($"{_objects.Namespace}/{name}");

    private UserErrorException Unknown(string name) =>
        DaemonErrors.AttachmentUnknown(name, [.. _byId.Values.Select(standing => standing.Request.Name)]);

    /// <summary>Called by the control stream's reader.</summary>
    private Task OnReceivedAsync(ManagerMessage message, CancellationToken cancellationToken)
    {
        if (message is WorkloadsMessage workloads)
        {
            _questions.Answer(workloads);
        }
        else if (message is AttachmentMessage told
            && _byId.Values.FirstOrDefault(standing => standing.Uid == told.Uid) is { } attachment)
        {
            if (told.Status.Phase != attachment.Status.Phase)
            {
                _logger.PhaseChanged(attachment.Id, told.Status);
            }

            attachment.SetStatus(told.Status);
            if (attachment.IsStanding && told.Status.Phase is AttachmentPhase.Ended or AttachmentPhase.Refused)
            {
                // In the background: the manager's next message must not wait for the API server.
                EndElsewhere(attachment, told.Status.Message ?? "somebody deleted it in the cluster");
            }
        }

        return Task.CompletedTask;
    }

    private void EndElsewhere(Attachment attachment, string reason)
    {
        string name = attachment.Request.Name;
        _logger.EndedElsewhere(attachment.Id, reason);
        _warnings.Set(
            WarningCodes.AttachmentEnded,
            name,
            $"Attachment '{name}' has ended: {reason.TrimEnd('.')}.",
            $"Make it again, or take note with: landline detach {name}");
        _ = EndAsync(attachment, AttachmentEnd.InCluster(reason));
    }

    /// <summary>Ends it once; later calls wait for the same end.</summary>
    private Task EndAsync(Attachment attachment, AttachmentEnd end)
    {
        if (attachment.TryEnd(end))
        {
            _byId.TryRemove(KeyValuePair.Create(attachment.Id, attachment));
            SetKeepAlive();

            // Before it begins, because it takes itself out.
            _endings[attachment] = attachment.Closed;
            _ = CloseAsync(attachment);
        }

        return attachment.Over;
    }

    private async Task CloseAsync(Attachment attachment)
    {
        try
        {
            await TakeBackAsync(attachment);
        }
        catch (Exception e)
        {
            // Something of it may be left; whoever waits for the end does not get it by waiting longer.
            _logger.NotTakenBack(attachment.Id, e);
        }

        _warnings.Clear(WarningCodes.FilesNotMounted, attachment.Request.Name);
        attachment.SetOver();
        await attachment.CloseConnectionsAsync(PatienceAtEnd, _time);
        _endings.TryRemove(attachment, out _);
        attachment.Dispose();
    }

    private async Task TakeBackAsync(Attachment attachment)
    {
        await attachment.Made;
        await Task.WhenAll(DeleteObjectAsync(attachment), attachment.Side?.DisposeAsync().AsTask() ?? Task.CompletedTask);
    }

    private async Task DeleteObjectAsync(Attachment attachment)
    {
        if (attachment.Object is { } item && !await _objects.TryDeleteAsync(item))
        {
            DeleteLater(item);
        }
    }

    private void TellOfFiles(Attachment attachment, string? problem)
    {
        string name = attachment.Request.Name;
        if (problem is null)
        {
            _warnings.Clear(WarningCodes.FilesNotMounted, name);
        }
        else if (!attachment.Ending.IsCancellationRequested)
        {
            _warnings.Set(
                WarningCodes.FilesNotMounted,
                name,
                $"The files of attachment '{name}' are not mounted: {problem.TrimEnd('.')}.",
                "Install sshfs and see that /dev/fuse exists, or leave the files out with: --mount false");
        }
    }

    // The manager counts an attachment as live while it hears of the workstation; see LiveMessage.SilenceAllowed.
    private void SetKeepAlive()
    {
        KeepAlive usual = _sessions.Options.KeepAlive;
        _sessions.KeepAlive = _byId.IsEmpty ? usual : usual with { Interval = LiveMessage.Interval };
    }
}
