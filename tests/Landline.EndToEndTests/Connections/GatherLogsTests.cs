using System.Text;
using Landline.EndToEndTests.Errors;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Connections;

/// <summary>Promise 7: what is gathered for a report has every part's log and no secret.</summary>
[Collection(ConnectionOfCommonScene.Name)]
public sealed class GatherLogsTests(CommonScene scene) : ClusterTest(scene)
{
    [ClusterFact]
    public async Task The_archive_has_the_logs_of_all_parts_and_no_secret()
    {
        const string Token = "token-that-must-not-be-seen";
        string archive = Path.Combine(Laptop.Root.RuntimeDirectory, "logs.zip");
        await Laptop.Root.SucceedAsync("curl", "-sf", "-H", $"Authorization: Bearer {Token}", $"http://server:8080/headers?key={Token}");

        (await Laptop.Root.LandlineAsync("gather-logs", "-o", archive)).Succeeded();

        IReadOnlyDictionary<string, string> entries = await LogArchive.ReadAsync(archive);
        Assert.Contains(entries.Keys, name => name.Contains("daemon", StringComparison.Ordinal));
        Assert.Contains(entries.Keys, name => name.Contains("helper", StringComparison.Ordinal));
        Assert.Contains(entries.Keys, name => name.Contains("manager", StringComparison.Ordinal));
        string key = Encoding.ASCII.GetString(Convert.FromBase64String(Kubeconfigs.DataOf("client-key-data")));
        foreach (string secret in new[] { Token, "PRIVATE KEY", Kubeconfigs.DataOf("client-key-data"), key.Split('\n')[1] })
        {
            Assert.DoesNotContain(entries.Values, text => text.Contains(secret, StringComparison.Ordinal));
        }

        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(archive) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead));
    }
}
