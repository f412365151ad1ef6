namespace Landline.Daemon.NetHelper;

/// <summary>Inside the net helper: a command cannot be done, and the daemon is told why.</summary>
internal sealed class HelperFailureException(HelperFailure failure) : Exception(failure.Reason)
{
    public HelperFailure Failure { get; } = failure;

    public static HelperFailureException Invalid(string reason) => new(new HelperFailure(HelperFailureCodes.Invalid, reason));

    public static HelperFailureException Of(string code, string reason) => new(new HelperFailure(code, reason));
}
