namespace Landline.Benchmarks.Outbound;

/// <summary>One figure that can be taken of any address.</summary>
/// <param name="Unit">As printed behind the figure.</param>
/// <param name="Goal">As printed in the last column.</param>
internal sealed record Measure(string Name, string Unit, string Goal, Func<string, Task<double>> TakeAsync);
