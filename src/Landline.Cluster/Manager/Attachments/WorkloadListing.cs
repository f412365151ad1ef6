using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>The workloads of a namespace, as far as the API server told.</summary>
/// <param name="Failure">Why nothing of it could be listed, as a sentence; null: something could.</param>
/// <param name="Unlisted">A sentence for each kind of object that could not.</param>
internal sealed record WorkloadListing(IReadOnlyList<WorkloadInfo> Workloads, string? Failure, IReadOnlyList<string> Unlisted);
