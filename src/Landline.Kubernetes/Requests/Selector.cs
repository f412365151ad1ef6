namespace Landline.Kubernetes.Requests;

/// <summary>Which objects of a collection, in the form that the API takes.</summary>
/// <param name="Labels">Such as <c>app=web,tier in (a,b)</c>; null for any.</param>
/// <param name="Fields">Such as <c>metadata.name=web</c>; null for any.</param>
public sealed record Selector(string? Labels, string? Fields)
{
    public static Selector All { get; } = new(null, null);

    public static Selector ByLabels(string labels) => new(labels, null);

    public static Selector ByName(string name) => new(null, $"metadata.name={name}");
}
