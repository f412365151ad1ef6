using Landline.Daemon.Diagnostics;

namespace Landline.Tests.Daemon.Diagnostics;

public sealed class LogFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-log-").FullName;

    [Fact]
    public void Only_its_owner_can_read_it()
    {
        string path = Path.Combine(_folder, "daemon.log");
        using var log = new LogFile(path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_full_file_becomes_the_earlier_one_and_no_more_than_two_are_kept()
    {
        string path = Path.Combine(_folder, "daemon.log");
        using (var log = new LogFile(path, largestBytes: 20))
        {
            foreach (string line in new[] { "one 4567", "two 4567", "three 67", "four 567", "five 567" })
            {
                log.WriteLine(line);
            }
        }

        Assert.Equal("five 567\n", File.ReadAllText(path));
        Assert.Equal("three 67\nfour 567\n", File.ReadAllText(path + ".1"));
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void What_was_there_before_stays()
    {
        string path = Path.Combine(_folder, "daemon.log");
        File.WriteAllText(path, "before\n");

        using (var log = new LogFile(path))
        {
            log.WriteLine("after");
        }

        Assert.Equal("before\nafter\n", File.ReadAllText(path));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
