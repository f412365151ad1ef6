using Landline.Daemon.Api;
using Landline.Daemon.Attachments.Mounts;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Attachments;

/// <summary>
/// What the workstation has of an attachment beside the connections to its handler: ports that lead to the pod, and the
/// container's files. Prepared before anything is attached, so that what cannot be had is told first.
/// </summary>
internal sealed class WorkstationSide : IAsyncDisposable
{
    private readonly ToPodPorts _toPod;
    private readonly MountPlace? _place;
    private WorkloadMount? _mount;
    private bool _wasMounted;

    private WorkstationSide(ToPodPorts toPod, MountPlace? place) => (_toPod, _place) = (toPod, place);

    /// <summary>Null while there are no files, and when there never were.</summary>
    public string? MountPath => _wasMounted ? _place?.Path : null;

    /// <exception cref="UserErrorException">A port or the folder is not to be had.</exception>
    public static async Task<WorkstationSide> PrepareAsync(AttachRequest request, ConnectionDirectory directory)
    {
        ToPodPorts toPod = ToPodPorts.Take(request.ToPod);
        try
        {
            MountPlace? place = request.Mount is { } mount && SshfsProcess.Obstacle() is null
                ? MountPlace.Take(directory, request.Name, mount.Path)
                : null;
            return new WorkstationSide(toPod, place);
        }
        catch
        {
            await toPod.DisposeAsync();
            throw;
        }
    }

    /// <summary>The attachment is active. Returns when the files are there, or when they are late.</summary>
    /// <param name="told">Told when the files are there (null) and when they cannot be had (the reason).</param>
    public async Task StartAsync(
        Attachment attachment,
        WorkloadStreams workloads,
        SessionClient sessions,
        Action<string?> told,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        _toPod.Start(attachment, workloads, time, logger);
        if (attachment.Request.Mount is not { } wanted)
        {
            return;
        }

        if (_place is null)
        {
            told(SshfsProcess.Obstacle() ?? "sshfs was not installed when it was attached");
            return;
        }

        bool readOnly = wanted.ReadOnly || attachment.Request.Spec.Type is AttachmentType.Ingest or AttachmentType.Wiretap;
        _mount = new WorkloadMount(
            _place, readOnly, () => new WorkloadOpen { Attachment = attachment.ClusterId, Part = WorkloadPart.Files, ReadOnly = readOnly }, workloads, sessions, Note, time, logger);
        await _mount.StartAsync(cancellationToken);

        void Note(string? problem)
        {
            _wasMounted |= problem is null;
            told(problem);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await DisposeFilesAsync();
        }
        finally
        {
            // The ports are free again, whatever has become of the files.
            await _toPod.DisposeAsync();
        }
    }

    private async ValueTask DisposeFilesAsync()
    {
        try
        {
            if (_mount is not null)
            {
                await _mount.DisposeAsync();
            }
        }
        finally
        {
            if (_place is not null)
            {
                await _place.GiveBackAsync();
            }
        }
    }
}
