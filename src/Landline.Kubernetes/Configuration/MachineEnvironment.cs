namespace Landline.Kubernetes.Configuration;

/// <summary>What the rules ask of the machine, so that a test can be another one.</summary>
/// <param name="Variable">The value of an environment variable; null or empty when it is not set.</param>
/// <param name="HomeFolder">Where <c>.kube/config</c> is.</param>
/// <param name="ServiceAccountFolder">Where a pod finds its service account.</param>
/// <param name="HasTerminal">Whether an exec plug-in may ask the user something on standard input.</param>
public sealed record MachineEnvironment(
    Func<string, string?> Variable, string HomeFolder, string ServiceAccountFolder, bool HasTerminal)
{
    public static MachineEnvironment Current { get; } = new(
        Environment.GetEnvironmentVariable,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify),
        "/var/run/secrets/kubernetes.io/serviceaccount",
        !Console.IsInputRedirected);

    /// <summary>The first of the variables that is set and not empty.</summary>
    internal string? FirstOf(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (Variable(name) is { Length: > 0 } value)
            {
                return value;
            }
        }

        return null;
    }
}
