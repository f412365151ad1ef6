using Landline.Daemon.Api;
using Landline.Daemon.Errors;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>
/// Keeps this workstation's Connection object: made before the first dial, made anew if the manager has deleted it
/// after a long absence, deleted at the end. One that is deleted while the workstation is there was revoked, and nothing
/// takes its place. Its name is known before it is made, so that one is deleted too whose creation the server has not
/// confirmed.
/// </summary>
/// <param name="fingerprint">Of the key in memory that the session uses; nobody else can use the object.</param>
internal sealed class ConnectionRegistration(
    KubernetesClient cluster,
    ConnectRequest request,
    string fingerprint,
    WorkstationAbsence absence,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>A network that is gone must not hold up quitting; the manager's grace period deletes it then.</summary>
    private static readonly TimeSpan LongestDelete = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PauseBetweenDeletes = TimeSpan.FromMilliseconds(200);

    private readonly TaskCompletionSource<string> _revoked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _name;
    private volatile string? _uid;

    public string Namespace => request.Namespace;

    /// <summary>The object's name; null before the first attempt to make it.</summary>
    public string? Name => _name;

    /// <summary>Null until the server has confirmed the object.</summary>
    public string? Uid => _uid;

    /// <summary>Completes, with a sentence, when somebody has deleted the object while this workstation was there.</summary>
    public Task<string> Revoked => _revoked.Task;

    /// <exception cref="UserErrorException">Not allowed, no such namespace, or out of reach.</exception>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        string name = ConnectionOwner.NewName(Environment.UserName, Environment.MachineName);
        (_name, _uid) = (name, null);
        try
        {
            ConnectionObject made = await cluster.CreateAsync(ConnectionObject.Type, Namespace, Wanted(name), cancellationToken);
            _uid = made.Metadata.Uid;
            logger.ObjectCreated(name, Namespace);
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            throw e.Message.Contains("being terminated", StringComparison.Ordinal)
                ? DaemonErrors.NamespaceNotFound(Namespace)
                : ClusterFailure.IsOfRights(e) ? DaemonErrors.ConnectionForbidden(Namespace)
                : DaemonErrors.ConnectionDenied(Namespace, e.Message, e);
        }
        catch (KubernetesApiException e) when (e.IsNotFound)
        {
            throw e.Details?.Kind == "namespaces"
                ? DaemonErrors.NamespaceNotFound(Namespace)
                : DaemonErrors.NotInstalled(request.ManagerNamespace, cluster.Settings.ContextName);
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e))
        {
            throw ClusterFailure.Explain(e, cluster.Settings, time, "create the Connection");
        }
    }

    /// <summary>Before a later dial: makes the object anew if the manager has given this workstation up.</summary>
    /// <exception cref="UserErrorException">As for <see cref="CreateAsync"/>, or the object was revoked.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (Revoked.IsCompleted)
        {
            throw DaemonErrors.ConnectionEnded(request.Name, await Revoked);
        }

        // As of before the question: the answer may take its time.
        TimeSpan grace = TimeSpan.FromSeconds(request.GracePeriodSeconds);
        bool isGivenUp = absence.Length > grace;
        ConnectionObject? standing = await FindAsync(Name!, cancellationToken);
        if (standing is not null && standing.Metadata.DeletionTimestamp is null)
        {
            // One that was made anew, and whose confirmation was lost.
            _uid ??= IsOurs(standing) ? standing.Metadata.Uid : null;
            return;
        }

        if (isGivenUp || absence.LengthOnServer > grace)
        {
            logger.ObjectGone(Name!);
            await CreateAsync(cancellationToken);
            return;
        }

        _revoked.TrySetResult($"it was ended in the cluster: somebody deleted Connection {Name} of namespace {Namespace}");
        throw DaemonErrors.ConnectionEnded(request.Name, await _revoked.Task);
    }

    /// <returns>Null: the server says that there is none of that name.</returns>
    private async Task<ConnectionObject?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await cluster.GetAsync(ConnectionObject.Type, Namespace, name, cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsNotFound && e.Details?.Name == name)
        {
            // Without the name the kind is not there: Landline is being installed anew, or the server has just started.
            return null;
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e))
        {
            throw ClusterFailure.Explain(e, cluster.Settings, time, "read the Connection");
        }
    }

    /// <summary>Never fails: what cannot be deleted now, the manager deletes.</summary>
    public async Task DeleteAsync()
    {
        if (_name is not { } name)
        {
            return;
        }

        using var deadline = new CancellationTokenSource(LongestDelete, time);
        Exception? last = null;
        try
        {
            while (true)
            {
                try
                {
                    await DeleteAsync(name, deadline.Token);
                    return;
                }
                catch (Exception e) when (e is KubernetesConnectionException or KubernetesApiException { IsTransient: true })
                {
                    last = e;
                    await Task.Delay(PauseBetweenDeletes, time, deadline.Token);
                }
            }
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e) || e is OperationCanceledException)
        {
            logger.ObjectNotDeleted(name, DaemonErrors.ReasonOf(last ?? e));
        }
    }

    private async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if ((_uid ?? await FindUnconfirmedAsync(name, cancellationToken)) is { } uid)
        {
            await cluster.DeleteAsync(ConnectionObject.Type, Namespace, name, new DeleteOptions { Uid = uid }, cancellationToken);
        }
    }

    // Only an object with our key is ours.
    private async Task<string?> FindUnconfirmedAsync(string name, CancellationToken cancellationToken)
    {
        ConnectionObject? standing = await cluster.FindAsync(ConnectionObject.Type, Namespace, name, cancellationToken);
        return standing is not null && IsOurs(standing) ? standing.Metadata.Uid : null;
    }

    private bool IsOurs(ConnectionObject standing) => standing.Spec.PublicKeyFingerprint == fingerprint;

    private ConnectionObject Wanted(string name) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = Namespace,
            Labels = new Dictionary<string, string> { [ClusterObjects.ManagedByLabel] = ClusterObjects.ManagedBy },
        },
        Spec = new ConnectionSpec
        {
            Client = new ConnectionClient
            {
                User = Environment.UserName,
                Host = Environment.MachineName,
                Version = ProductVersion.Text,
            },
            PublicKeyFingerprint = fingerprint,
            GracePeriodSeconds = request.GracePeriodSeconds,
        },
    };
}
