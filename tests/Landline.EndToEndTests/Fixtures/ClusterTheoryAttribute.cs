using System.Runtime.CompilerServices;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>As <see cref="ClusterFactAttribute"/>, once for each line of data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClusterTheoryAttribute : TheoryAttribute
{
    public ClusterTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        Timeout = ClusterFactAttribute.LongestTestMilliseconds;
        Skip = ClusterFactAttribute.WhyNot;
    }
}
