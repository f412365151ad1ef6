namespace Landline.Protocol.Api;

/// <summary>What <c>landline list</c> shows: the workloads of the connection's namespace.</summary>
public sealed record WorkloadReport(string Namespace, IReadOnlyList<WorkloadInfo> Workloads);
