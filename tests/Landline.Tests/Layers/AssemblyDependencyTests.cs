using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Landline.Tests.Layers;

/// <summary>Dependencies point downwards only; see docs/architecture.md.</summary>
public sealed class AssemblyDependencyTests
{
    private static readonly string[] Foundations = ["Landline.Kubernetes", "Landline.Networking", "Landline.Protocol"];

    public static TheoryData<string, string[]> Allowed => new()
    {
        { "Landline.Kubernetes", [] },
        { "Landline.Networking", [] },
        { "Landline.Protocol", [] },
        { "Landline.Daemon", Foundations },
        { "Landline.Cluster", Foundations },
        { "landline", ["Landline.Daemon", .. Foundations] },
    };

    [Theory]
    [MemberData(nameof(Allowed))]
    public void An_assembly_uses_only_what_is_below_it(string assembly, string[] allowed)
    {
        // The program of Landline.Cluster has the name that it is called by.
        string name = assembly == "Landline.Cluster" ? "landline-cluster" : assembly;

        IEnumerable<string> used = Assembly.Load(name).GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(reference => reference.StartsWith("landline", StringComparison.OrdinalIgnoreCase));

        Assert.Subset(allowed.ToHashSet(), used.ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Allowed))]
    public void A_project_names_no_other(string assembly, string[] allowed)
    {
        string folder = assembly == "landline" ? "Landline.Cli" : assembly;
        var project = XDocument.Load(Path.Combine(Sources(), folder, $"{folder}.csproj"));

        IEnumerable<string> named = project.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));

        Assert.Subset(allowed.ToHashSet(), named.ToHashSet());
    }

    [Fact]
    public void There_are_six() => Assert.Equal(
        ["Landline.Cli", "Landline.Cluster", "Landline.Daemon", .. Foundations],
        Directory.EnumerateDirectories(Sources()).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal));

    [Fact]
    public void No_class_is_a_drawer_for_everything() => Assert.DoesNotContain(
        Directory.EnumerateFiles(Sources(), "*.cs", SearchOption.AllDirectories).Select(file => Path.GetFileNameWithoutExtension(file)),
        name => name.EndsWith("Helpers", StringComparison.Ordinal)
            || name.EndsWith("Utils", StringComparison.Ordinal)
            || name.EndsWith("Common", StringComparison.Ordinal)
            || name.EndsWith("Manager", StringComparison.Ordinal));

    private static string Sources([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "src"));
}
