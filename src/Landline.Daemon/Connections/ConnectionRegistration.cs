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
/// after a long absence, deleted at the end.
/// </summary>
/// <param name="fingerprint">Of the key in memory that the session uses; nobody else can use the object.</param>
internal sealed class ConnectionRegistration(
    KubernetesClient cluster, ConnectRequest request, string fingerprint, TimeProvider time, ILogger logger)
{
    /// <summary>A network that is gone must not hold up quitting; the manager's grace period deletes it then.</summary>
    private static readonly TimeSpan LongestDelete = TimeSpan.FromSeconds(5);

    private volatile ConnectionObject? _object;

    public string Namespace => request.Namespace;

    /// <summary>The object's name; null before it was made.</summary>
    public string? Name => _object?.Metadata.Name;

    public string? Uid => _object?.Metadata.Uid;

    /// <exception cref="UserErrorException">Not allowed, no such namespace, or out of reach.</exception>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        try
        {
            _object = await cluster.CreateAsync(ConnectionObject.Type, Namespace, Wanted(), cancellationToken);
            logger.ObjectCreated(Name!, Namespace);
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            throw e.Message.Contains("being terminated", StringComparison.Ordinal)
                ? DaemonErrors.NamespaceNotFound(Namespace)
                : DaemonErrors.ConnectionForbidden(Namespace);
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

    /// <summary>Before a later dial: makes the object anew if it is gone.</summary>
    /// <exception cref="UserErrorException">As for <see cref="CreateAsync"/>.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        ConnectionObject? standing;
        try
        {
            standing = await cluster.FindAsync(ConnectionObject.Type, Namespace, Name!, cancellationToken);
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e))
        {
            throw ClusterFailure.Explain(e, cluster.Settings, time, "read the Connection");
        }

        if (standing is null || standing.Metadata.DeletionTimestamp is not null)
        {
            logger.ObjectGone(Name!);
            await CreateAsync(cancellationToken);
        }
    }

    /// <summary>Never fails: what cannot be deleted now, the manager deletes.</summary>
    public async Task DeleteAsync()
    {
        if (_object is not { Metadata: { Name: { } name, Uid: var uid } })
        {
            return;
        }

        using var deadline = new CancellationTokenSource(LongestDelete, time);
        try
        {
            await cluster.DeleteAsync(
                ConnectionObject.Type, Namespace, name, new DeleteOptions { Uid = uid }, deadline.Token);
            _object = null;
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e) || e is OperationCanceledException)
        {
            logger.ObjectNotDeleted(name, DaemonErrors.ReasonOf(e));
        }
    }

    private ConnectionObject Wanted() => new()
    {
        Metadata = new ObjectMeta
        {
            GenerateName = ConnectionOwner.NamePrefix(Environment.UserName, Environment.MachineName),
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
