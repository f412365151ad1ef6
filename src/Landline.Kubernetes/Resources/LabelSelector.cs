namespace Landline.Kubernetes.Resources;

/// <summary>Which objects, by their labels. An empty selector selects everything.</summary>
public sealed record LabelSelector
{
    public IReadOnlyDictionary<string, string> MatchLabels { get; init => field = value ?? Nothing; } = Nothing;

    public IReadOnlyList<LabelRequirement> MatchExpressions { get; init => field = value ?? []; } = [];

    private static IReadOnlyDictionary<string, string> Nothing { get; } = new Dictionary<string, string>();

    public bool Matches(IReadOnlyDictionary<string, string> labels) =>
        MatchLabels.All(wanted => labels.TryGetValue(wanted.Key, out string? value) && value == wanted.Value)
        && MatchExpressions.All(requirement => requirement.Matches(labels));

    /// <summary>The form in which a list or watch request has it.</summary>
    public override string ToString() => string.Join(
        ',', MatchLabels.Select(label => $"{label.Key}={label.Value}").Concat(MatchExpressions.Select(e => e.ToString())));
}

public sealed record LabelRequirement
{
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>In, NotIn, Exists or DoesNotExist.</summary>
    public string Operator { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];

    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        bool exists = labels.TryGetValue(Key, out string? value);
        return Operator switch
        {
            "In" => exists && Values.Contains(value),
            "NotIn" => !exists || !Values.Contains(value),
            "Exists" => exists,
            "DoesNotExist" => !exists,
            _ => false, // An operator of a later version: selecting too little is safer than too much.
        };
    }

    public override string ToString() => Operator switch
    {
        "In" => $"{Key} in ({string.Join(',', Values)})",
        "NotIn" => $"{Key} notin ({string.Join(',', Values)})",
        "DoesNotExist" => $"!{Key}",
        _ => Key,
    };
}
