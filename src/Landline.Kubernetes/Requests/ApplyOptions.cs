namespace Landline.Kubernetes.Requests;

/// <summary>How a server-side apply is done.</summary>
/// <param name="FieldManager">Who owns the fields afterwards.</param>
/// <param name="Force">Take over fields that another manager owns instead of failing with a conflict.</param>
public sealed record ApplyOptions(string FieldManager, bool Force)
{
    /// <summary>Check and answer as if, but store nothing.</summary>
    public bool DryRun { get; init; }
}
