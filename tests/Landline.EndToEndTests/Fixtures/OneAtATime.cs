namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// Tells <c>test.sh</c>, by a file beside the logs, that tests run one at a time from now on: they leave processor time for those of the
/// other kinds.
/// </summary>
internal static class OneAtATime
{
    private static readonly string Logs = Path.Combine(SourceTree.Artifacts, "test-logs");

    public static void Announce()
    {
        if (Directory.Exists(Logs))
        {
            File.WriteAllBytes(Path.Combine(Logs, "one-at-a-time"), []);
        }
    }
}
