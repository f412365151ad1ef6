namespace Landline.Benchmarks.Tables;

/// <summary>One line of a table.</summary>
/// <param name="Baseline">The path that it is compared with; null where there is none.</param>
/// <param name="Goal">As printed in the last column.</param>
internal sealed record Line(string Figure, string Unit, string? Baseline, string Goal);
