namespace Landline.Kubernetes.Requests;

/// <summary>Spreads retries, so that many clients that failed together do not come back together.</summary>
internal static class Backoff
{
    /// <summary>A time between half of it and all of it.</summary>
    public static TimeSpan Next(TimeSpan delay) => delay * (0.5 + (Random.Shared.NextDouble() / 2));
}
