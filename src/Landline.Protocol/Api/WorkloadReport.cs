namespace Landline.Protocol.Api;

/// <summary>What <c>landline list</c> shows: the workloads of the connection's namespace.</summary>
public sealed record WorkloadReport(string Namespace, IReadOnlyList<WorkloadInfo> Workloads)
{
    /// <summary>A sentence for each kind of object that the manager could not list.</summary>
    public IReadOnlyList<string> Unlisted { get; init => field = value ?? []; } = [];
}
