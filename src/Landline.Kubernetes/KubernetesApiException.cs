using System.Net;
using Landline.Kubernetes.Requests;

namespace Landline.Kubernetes;

/// <summary>The API server answered, with an error. The message is the server's own sentence.</summary>
public sealed class KubernetesApiException(HttpStatusCode statusCode, string reason, string message) : Exception(message)
{
    public HttpStatusCode StatusCode { get; } = statusCode;

    /// <summary>The machine-readable reason, such as <c>AlreadyExists</c>; empty when the server gave none.</summary>
    public string Reason { get; } = reason;

    public ApiStatusDetails? Details { get; init; }

    /// <summary>When the server would like to be asked again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The credentials were not accepted: missing, wrong or expired.</summary>
    public bool IsUnauthorized => StatusCode == HttpStatusCode.Unauthorized;

    /// <summary>The user is known and may not do this.</summary>
    public bool IsForbidden => StatusCode == HttpStatusCode.Forbidden;

    public bool IsNotFound => StatusCode == HttpStatusCode.NotFound;

    public bool IsAlreadyExists => StatusCode == HttpStatusCode.Conflict && Reason == "AlreadyExists";

    /// <summary>The object has changed since, a precondition does not hold, or another manager owns a field.</summary>
    public bool IsConflict => StatusCode == HttpStatusCode.Conflict && Reason != "AlreadyExists";

    /// <summary>The resource version or continuation asked for is too old.</summary>
    public bool IsExpired => StatusCode == HttpStatusCode.Gone;

    /// <summary>Whether the same request may succeed later: overload and server failures, not refusals.</summary>
    public bool IsTransient => StatusCode == HttpStatusCode.TooManyRequests || (int)StatusCode >= 500;
}
