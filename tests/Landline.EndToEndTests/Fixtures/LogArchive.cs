using System.IO.Compression;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>What <c>landline gather-logs</c> writes.</summary>
internal static class LogArchive
{
    /// <summary>The texts by their names in the archive.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(string archive)
    {
        await using ZipArchive zip = await ZipFile.OpenReadAsync(archive, TestContext.Current.CancellationToken);
        var entries = new Dictionary<string, string>();
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            using var reader = new StreamReader(await entry.OpenAsync(TestContext.Current.CancellationToken));
            entries[entry.FullName] = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        }

        return entries;
    }
}
