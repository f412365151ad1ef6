namespace Landline.Kubernetes.Resources;

/// <summary>The question whose token this is. Created, never stored.</summary>
public sealed record TokenReview
{
    public TokenReviewSpec Spec { get; init => field = value ?? new(); } = new();

    public TokenReviewStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record TokenReviewSpec
{
    public string Token { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<string> Audiences { get; init => field = value ?? []; } = [];

    /// <summary>Never the token.</summary>
    public override string ToString() => $"TokenReviewSpec {{ Audiences = {string.Join(',', Audiences)} }}";
}

public sealed record TokenReviewStatus
{
    public bool Authenticated { get; init; }

    public TokenReviewUser User { get; init => field = value ?? new(); } = new();

    public IReadOnlyList<string> Audiences { get; init => field = value ?? []; } = [];

    public string? Error { get; init; }
}

public sealed record TokenReviewUser
{
    /// <summary><c>system:serviceaccount:NAMESPACE:NAME</c> for a ServiceAccount.</summary>
    public string Username { get; init => field = value ?? ""; } = "";

    public string? Uid { get; init; }

    public IReadOnlyList<string> Groups { get; init => field = value ?? []; } = [];

    /// <summary>
    /// For a pod's projected token among others <c>authentication.kubernetes.io/pod-name</c> and <c>…/pod-uid</c>.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init => field = value ?? Nothing; } = Nothing;

    private static IReadOnlyDictionary<string, IReadOnlyList<string>> Nothing { get; } =
        new Dictionary<string, IReadOnlyList<string>>();
}

/// <summary>The question whether the caller may do something. Created, never stored.</summary>
public sealed record SelfSubjectAccessReview
{
    public SelfSubjectAccessReviewSpec Spec { get; init => field = value ?? new(); } = new();

    public AccessReviewStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record SelfSubjectAccessReviewSpec
{
    public ResourceAttributes? ResourceAttributes { get; init; }
}

/// <summary>One right, as RBAC names it.</summary>
public sealed record ResourceAttributes
{
    public string Verb { get; init => field = value ?? ""; } = "";

    public string? Group { get; init; }

    public string Resource { get; init => field = value ?? ""; } = "";

    public string? Subresource { get; init; }

    /// <summary>Null asks for every namespace.</summary>
    public string? Namespace { get; init; }

    public string? Name { get; init; }
}

public sealed record AccessReviewStatus
{
    public bool Allowed { get; init; }

    public string? Reason { get; init; }

    public string? EvaluationError { get; init; }
}

internal sealed record TokenRequest
{
    public TokenRequestSpec Spec { get; init => field = value ?? new(); } = new();

    public TokenRequestStatus? Status { get; init; }
}

internal sealed record TokenRequestSpec
{
    public IReadOnlyList<string> Audiences { get; init => field = value ?? []; } = [];

    public long? ExpirationSeconds { get; init; }
}

internal sealed record TokenRequestStatus(string Token);
