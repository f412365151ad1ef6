using Landline.Cluster.Manager.Sessions;
using Landline.Kubernetes;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Agents;

/// <summary>
/// Recognises agents: asks the API server whose token it is, and takes node and pod from the answer rather than from
/// the peer. Thread-safe.
/// </summary>
/// <param name="managerNamespace">Where the agents run.</param>
internal sealed class AgentTokens(KubernetesClient client, string managerNamespace) : IDisposable
{
    private const string PodNameExtra = "authentication.kubernetes.io/pod-name";
    private const string PodUidExtra = "authentication.kubernetes.io/pod-uid";

    // Any pod of the cluster can knock; it must not be able to make the manager flood the API server.
    private readonly SemaphoreSlim _asking = new(4);

    /// <summary>Null = no agent of ours.</summary>
    public async Task<Admission?> AdmitAsync(AgentHello hello, CancellationToken cancellationToken)
    {
        if (hello.Token.Length == 0)
        {
            return null;
        }

        await _asking.WaitAsync(cancellationToken);
        try
        {
            TokenReviewStatus review = await ReviewAsync(hello.Token, cancellationToken);
            return IsAgent(review) && Extra(review, PodNameExtra) is { } pod && Extra(review, PodUidExtra) is { } uid
                ? await FindPodAsync(pod, uid, hello.Node, cancellationToken)
                : null;
        }
        finally
        {
            _asking.Release();
        }
    }

    public void Dispose() => _asking.Dispose();

    private static string? Extra(TokenReviewStatus review, string key) =>
        review.User.Extra.TryGetValue(key, out IReadOnlyList<string>? values) && values is [var value, ..] ? value : null;

    private bool IsAgent(TokenReviewStatus review) =>
        review.Authenticated
        && review.Audiences.Contains(ClusterObjects.TokenAudience, StringComparer.Ordinal)
        && review.User.Username == $"system:serviceaccount:{managerNamespace}:{ClusterObjects.Agent}";

    private async Task<TokenReviewStatus> ReviewAsync(string token, CancellationToken cancellationToken)
    {
        var question = new TokenReview { Spec = new() { Token = token, Audiences = [ClusterObjects.TokenAudience] } };
        return (await client.CreateAsync(ResourceTypes.TokenReviews, null, question, cancellationToken)).Status;
    }

    private async Task<Admission?> FindPodAsync(string name, string uid, string node, CancellationToken cancellationToken)
    {
        Pod? pod = await client.FindAsync(ResourceTypes.Pods, managerNamespace, name, cancellationToken);
        return pod is { Metadata.DeletionTimestamp: null, Spec.NodeName: { Length: > 0 } nodeName }
            && pod.Metadata.Uid == uid
            && pod.Metadata.Labels.GetValueOrDefault(ClusterObjects.NameLabel) == ClusterObjects.Agent
            && nodeName == node
                ? new Admission.Agent(nodeName, name, uid)
                : null;
    }
}
