namespace Landline.EndToEndTests.Fixtures;

/// <summary>Where things are in the repository that the tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    public static string Artifacts => Path.Combine(Root, "artifacts");

    /// <summary>The shipped program that is tested.</summary>
    public static string Landline => Path.Combine(Artifacts, "landline");

    public static string Tests => Path.Combine(Root, "tests", "Landline.EndToEndTests");

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Landline.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"no repository above {AppContext.BaseDirectory}");
    }
}
