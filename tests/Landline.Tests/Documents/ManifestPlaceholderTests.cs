using System.Text.RegularExpressions;

namespace Landline.Tests.Documents;

/// <summary>deploy/manifests/README.md says what the manifests have to be filled in with.</summary>
public sealed partial class ManifestPlaceholderTests
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "deploy", "manifests");

    [Fact]
    public void The_document_has_a_row_for_each_placeholder_and_no_other()
    {
        IEnumerable<string> used = Directory.EnumerateFiles(Folder, "*.yaml")
            .SelectMany(file => Placeholder().Matches(File.ReadAllText(file)))
            .Select(match => match.Value)
            .Distinct();
        IEnumerable<string> described = Row().Matches(File.ReadAllText(Path.Combine(Folder, "README.md"))).Select(row => row.Groups[1].Value);

        Assert.Equal(used.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"\$\{\w+\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^\| `(\$\{\w+\})` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
