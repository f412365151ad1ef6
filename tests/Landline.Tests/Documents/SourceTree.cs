using System.Runtime.CompilerServices;

namespace Landline.Tests.Documents;

/// <summary>Where documents and sources are, for tests that compare the two.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Find();

    public static string Document(string name) => File.ReadAllText(Path.Combine(Root, "docs", name));

    private static string Find([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
}
