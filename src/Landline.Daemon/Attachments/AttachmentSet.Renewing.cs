using System.Collections.Concurrent;
using Landline.Daemon.Connections;
using Landline.Daemon.Errors;
using Landline.Protocol.Errors;

namespace Landline.Daemon.Attachments;

/// <content>
/// What becomes of attachments when the control stream was opened again. The session is another one, which has confirmed
/// nothing; the Connection may be another one too, and then the cluster has deleted the objects along with the old one.
/// </content>
internal sealed partial class AttachmentSet
{
    private static readonly TimeSpan PauseBeforeAgain = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _confirm = new(0, 1);
    private readonly SemaphoreSlim _renew = new(0, 1);
    private readonly ConcurrentDictionary<string, AttachmentObject> _toDelete = new(StringComparer.Ordinal);

    private void OnReopened()
    {
        Wake(_confirm);
        Wake(_renew);
    }

    private static void Wake(SemaphoreSlim sleeper)
    {
        try
        {
            sleeper.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is going to look anyway.
        }
    }

    private void DeleteLater(AttachmentObject item)
    {
        if (!_stop.IsCancellationRequested)
        {
            _toDelete[item.Metadata.Uid ?? ""] = item;
            Wake(_renew);
        }
    }

    /// <summary>
    /// On its own, because the manager waits only for some seconds before it takes what is not confirmed for somebody else's:
    /// no confirmation stands behind a request to the API server.
    /// </summary>
    private async Task ConfirmAgainAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _confirm.WaitAsync(stop);
                foreach (Attachment attachment in _byId.Values)
                {
                    if (attachment.Object is { } item && _objects.IsOfThisConnection(item) && await ConfirmAsync(attachment, stop))
                    {
                        _logger.ConfirmedAgain(attachment.Id);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The connection ends.
        }
    }

    private async Task RenewAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _renew.WaitAsync(stop);
                bool isDone = true;
                foreach (Attachment attachment in _byId.Values)
                {
                    isDone &= attachment.Object is not { } item || await TryRenewAsync(attachment, item, stop);
                }

                foreach ((string uid, AttachmentObject item) in _toDelete)
                {
                    isDone &= await _objects.TryDeleteAsync(item) && _toDelete.TryRemove(uid, out _);
                }

                if (!isDone)
                {
                    await Task.Delay(PauseBeforeAgain, _time, stop);
                    Wake(_renew);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The connection ends.
        }
    }

    /// <returns>False: to be tried again.</returns>
    private async Task<bool> TryRenewAsync(Attachment attachment, AttachmentObject item, CancellationToken stop)
    {
        try
        {
            if (!_objects.IsOfThisConnection(item))
            {
                // The cluster deletes it by itself, but when is its own affair, and the name is needed.
                await _objects.TryDeleteAsync(item);
                AttachmentObject anew = await _objects.CreateAnewAsync(attachment.Request, item, stop);
                attachment.Object = anew;
                _logger.MadeAnew(attachment.Id, anew.Spec.Connection);
                if (attachment.Ending.IsCancellationRequested)
                {
                    // Detached meanwhile, with the old one.
                    return await _objects.TryDeleteAsync(anew);
                }

                await ConfirmAsync(attachment, stop);
            }

            if ((await _objects.FindAsync(attachment.Object!.Metadata.Name!, stop))?.Metadata.Uid != attachment.Uid)
            {
                EndElsewhere(attachment, "somebody deleted it in the cluster");
            }

            return true;
        }
        catch (UserErrorException e) when (e.Code == DaemonErrors.AttachmentTakenCode)
        {
            EndElsewhere(attachment, e.Message);
            return true;
        }
        catch (Exception e) when (e is UserErrorException || ClusterFailure.IsExplained(e))
        {
            _logger.NotRenewed(attachment.Id, DaemonErrors.ReasonOf(e));
            return false;
        }
    }
}
