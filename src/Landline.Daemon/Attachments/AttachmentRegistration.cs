using Landline.Daemon.Connections;
using Landline.Daemon.Errors;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Attachments;

/// <summary>Makes, finds and deletes this workstation's Attachment objects.</summary>
internal sealed class AttachmentRegistration(
    KubernetesClient cluster, ConnectionRegistration connection, TimeProvider time, ILogger logger)
{
    /// <summary>A network that is gone must not hold up a command; the deletion is tried again later.</summary>
    private static readonly TimeSpan LongestDelete = TimeSpan.FromSeconds(5);

    private static readonly Selector Managed = Selector.ByLabels($"{ClusterObjects.ManagedByLabel}={ClusterObjects.ManagedBy}");

    public string Namespace => connection.Namespace;

    /// <summary>Whether the object belongs to the Connection of now: that one may have been made anew.</summary>
    public bool IsOfThisConnection(AttachmentObject item) =>
        item.Metadata.OwnerReferences.Any(owner => owner.Uid == connection.Uid);

    /// <summary>Makes the object, of the attachment's name or, if somebody else's has that, of one with the connection's suffix.</summary>
    /// <exception cref="UserErrorException">Not allowed, taken, not valid, or out of reach.</exception>
    public Task<AttachmentObject> CreateAsync(AttachRequest request, CancellationToken cancellationToken) =>
        CreateAsync(request, request.Name, cancellationToken);

    /// <summary>Makes the object again that an attachment has had, of the same name if possible.</summary>
    /// <exception cref="UserErrorException">As for the first one.</exception>
    public Task<AttachmentObject> CreateAnewAsync(AttachRequest request, AttachmentObject before, CancellationToken cancellationToken) =>
        CreateAsync(request, before.Metadata.Name!, cancellationToken);

    /// <summary>Null: there is none, or it is about to go.</summary>
    public async Task<AttachmentObject?> FindAsync(string name, CancellationToken cancellationToken)
    {
        AttachmentObject? found = await cluster.FindAsync(AttachmentObject.Type, Namespace, name, cancellationToken);
        return found?.Metadata.DeletionTimestamp is null ? found : null;
    }

    /// <returns>False: it could not be deleted now.</returns>
    public async Task<bool> TryDeleteAsync(AttachmentObject item)
    {
        using var deadline = new CancellationTokenSource(LongestDelete, time);
        try
        {
            await DeleteAsync(item, deadline.Token);
            return true;
        }
        catch (KubernetesApiException e) when (e.IsConflict)
        {
            // Another object has the name now; ours is gone.
            return true;
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e) || e is OperationCanceledException)
        {
            logger.NotDeleted($"{Namespace}/{item.Metadata.Name}", DaemonErrors.ReasonOf(e));
            return false;
        }
    }

    private Task<bool> DeleteAsync(AttachmentObject item, CancellationToken cancellationToken) => cluster.DeleteAsync(
        AttachmentObject.Type, Namespace, item.Metadata.Name!, new DeleteOptions { Uid = item.Metadata.Uid }, cancellationToken);

    private async Task<AttachmentObject> CreateAsync(AttachRequest request, string name, CancellationToken cancellationToken)
    {
        try
        {
            await RemoveLeftoversAsync(request.Name, cancellationToken);
            return await TryCreateAsync(request, name, cancellationToken)
                ?? (await RemoveLeftoverAsync(name, cancellationToken)
                    ? await TryCreateAsync(request, name, cancellationToken)
                    : null)
                ?? await TryCreateAsync(request, SuffixedName(request), cancellationToken)
                ?? throw await TakenAsync(request.Name, cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            throw ClusterFailure.IsOfRights(e)
                ? DaemonErrors.AttachmentForbidden(Namespace)
                : DaemonErrors.AttachmentDenied(request.Name, Namespace, e.Message, e);
        }
        catch (KubernetesApiException e) when (e.StatusCode == System.Net.HttpStatusCode.UnprocessableEntity)
        {
            throw DaemonErrors.AttachmentInvalid(request.Name, e.Message, e);
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e))
        {
            throw ClusterFailure.Explain(e, cluster.Settings, time, "create the Attachment");
        }
    }

    // Two people name their attachments after the same workload, and their filters let both have it.
    private string SuffixedName(AttachRequest request) => $"{request.Name}-{connection.Name![(connection.Name!.LastIndexOf('-') + 1)..]}";

    private async Task<AttachmentObject?> TryCreateAsync(AttachRequest request, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await cluster.CreateAsync(AttachmentObject.Type, Namespace, Wanted(request, name), cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsAlreadyExists)
        {
            return null;
        }
    }

    // Of other names, which nobody would come upon, while they keep the ports.
    private async Task RemoveLeftoversAsync(string usersName, CancellationToken cancellationToken)
    {
        IReadOnlyList<AttachmentObject> all;
        try
        {
            all = await cluster.ListAsync(AttachmentObject.Type, Namespace, Managed, cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            return; // With rights of one's own making; creating says what is missing of those that are needed.
        }

        foreach (AttachmentObject item in all)
        {
            if (item.Metadata.DeletionTimestamp is null
                && item.Metadata.Annotations.TryGetValue(ClusterObjects.UsersNameAnnotation, out string? name)
                && name == usersName)
            {
                await RemoveLeftoverAsync(item, cancellationToken);
            }
        }
    }

    private async Task<bool> RemoveLeftoverAsync(string name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken) is not { } standing || await RemoveLeftoverAsync(standing, cancellationToken);

    // A daemon that was killed leaves its objects until the grace period ends. Nobody but its successor here wants the name.
    private async Task<bool> RemoveLeftoverAsync(AttachmentObject standing, CancellationToken cancellationToken)
    {
        if (IsUnconfirmed(standing))
        {
            return await DeleteAsync(standing, cancellationToken);
        }

        ConnectionObject? owner = await cluster.FindAsync(
            ConnectionObject.Type, Namespace, standing.Spec.Connection, cancellationToken);
        bool isLeftover = owner is not null
            && owner.Metadata.Uid != connection.Uid
            && owner.Status?.Phase is ConnectionPhase.Waiting or ConnectionPhase.Ended
            && owner.Spec.Client.User == Environment.UserName
            && owner.Spec.Client.Host == Environment.MachineName;
        return isLeftover && await DeleteAsync(standing, cancellationToken);
    }

    // Made by this daemon, which lets nobody attach twice under one name and so knows of no object of it: the answer was lost.
    private bool IsUnconfirmed(AttachmentObject standing) => connection.Uid is not null && IsOfThisConnection(standing);

    private async Task<UserErrorException> TakenAsync(string name, CancellationToken cancellationToken)
    {
        AttachmentObject? standing = await FindAsync(name, cancellationToken);
        ConnectionObject? owner = standing is null
            ? null
            : await cluster.FindAsync(ConnectionObject.Type, Namespace, standing.Spec.Connection, cancellationToken);
        string who = owner is null
            ? $"connection '{standing?.Spec.Connection}'"
            : $"{owner.Spec.Client.User}@{owner.Spec.Client.Host}";
        return DaemonErrors.AttachmentTaken(name, Namespace, who);
    }

    // Between two Connections, when the cluster has deleted the first one.
    private string ConnectionUid(AttachRequest request) =>
        connection.Uid ?? throw DaemonErrors.AttachmentNotReady(request.Name, "the connection is being made anew at this moment");

    private AttachmentObject Wanted(AttachRequest request, string name) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = Namespace,
            Labels = new Dictionary<string, string> { [ClusterObjects.ManagedByLabel] = ClusterObjects.ManagedBy },
            Annotations = name == request.Name
                ? new Dictionary<string, string>()
                : new Dictionary<string, string> { [ClusterObjects.UsersNameAnnotation] = request.Name },
            OwnerReferences =
            [
                new OwnerReference
                {
                    ApiVersion = $"{ClusterObjects.ApiGroup}/{ClusterObjects.ApiVersion}",
                    Kind = ClusterObjects.ConnectionKind,
                    Name = connection.Name!,
                    Uid = ConnectionUid(request),
                    BlockOwnerDeletion = false,
                },
            ],
        },
        Spec = request.Spec with { Connection = connection.Name! },
    };
}
