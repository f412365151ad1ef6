using Landline.Daemon.Api;
using Landline.Daemon.Attachments.Mounts;

namespace Landline.Tests.Daemon.Attachments;

public sealed class MountPlaceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-mounts-").FullName;

    [Fact]
    public async Task A_note_that_is_taken_away_while_it_is_looked_for_is_no_failure()
    {
        ConnectionDirectory directory = RuntimeDirectory.ForCurrentUser(_ => _folder).Create("lab");
        Directory.CreateDirectory(directory.Mounts);
        string note = Path.Combine(directory.Mounts, "web.mount");
        Task comesAndGoes = Task.Run(
            () =>
            {
                for (int time = 0; time < 3_000; time++)
                {
                    File.WriteAllLines(note, [Path.Combine(directory.Mounts, "web"), "made"]);
                    File.Delete(note);
                }
            },
            TestContext.Current.CancellationToken);

        while (!comesAndGoes.IsCompleted)
        {
            Assert.InRange(MountPlace.Left(directory).Count(), 0, 1);
        }

        await comesAndGoes;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
