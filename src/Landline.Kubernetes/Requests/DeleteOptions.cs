using System.Text.Json.Nodes;

namespace Landline.Kubernetes.Requests;

/// <summary>What happens to the objects that an object owns.</summary>
public enum Propagation
{
    /// <summary>The kind's own default.</summary>
    Default,

    /// <summary>They are deleted afterwards.</summary>
    Background,

    /// <summary>They are deleted before.</summary>
    Foreground,

    /// <summary>They stay.</summary>
    Orphan,
}

/// <summary>
/// How and on which conditions an object is deleted. A condition that does not hold is a conflict (409).
/// </summary>
public sealed record DeleteOptions
{
    public static DeleteOptions Default { get; } = new();

    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }

    public Propagation Propagation { get; init; }

    /// <summary>Overrides the time that a pod has to end; zero deletes it at once.</summary>
    public TimeSpan? GracePeriod { get; init; }

    internal JsonObject ToJson()
    {
        var options = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions" };
        if (Uid is not null || ResourceVersion is not null)
        {
            var preconditions = new JsonObject();
            options["preconditions"] = preconditions;
            if (Uid is not null)
            {
                preconditions["uid"] = Uid;
            }

            if (ResourceVersion is not null)
            {
                preconditions["resourceVersion"] = ResourceVersion;
            }
        }

        if (Propagation != Propagation.Default)
        {
            options["propagationPolicy"] = Propagation.ToString();
        }

        if (GracePeriod is { } grace)
        {
            options["gracePeriodSeconds"] = (long)grace.TotalSeconds;
        }

        return options;
    }
}
