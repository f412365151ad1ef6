using System.Runtime.CompilerServices;

namespace Landline.FunctionalTests;

/// <summary>As <see cref="RootFactAttribute"/>, once for each row of data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = new RootFactAttribute().Skip;
}
