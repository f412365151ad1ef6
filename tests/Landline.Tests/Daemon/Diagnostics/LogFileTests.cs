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

    [Fact]
    public void Lines_that_cannot_be_written_are_left_out_and_counted_and_the_next_ones_are_written_again()
    {
        string path = Path.Combine(_folder, "daemon.log");
        string earlier = path + ".1";
        Directory.CreateDirectory(earlier); // Nothing can be moved there.
        using var log = new LogFile(path, largestBytes: 100);
        log.WriteLine(new string('1', 99));

        log.WriteLine("two");
        log.WriteLine("three");
        Assert.Equal(100, new FileInfo(path).Length);
        Directory.Delete(earlier);
        log.WriteLine("four");

        Assert.Equal("(2 lines are missing here: the disk did not take them)\nfour\n", File.ReadAllText(path));
        Assert.Equal(new string('1', 99) + "\n", File.ReadAllText(earlier));
    }

    [Fact]
    public void A_file_that_cannot_be_made_yet_is_made_later()
    {
        string folder = Path.Combine(_folder, "later");
        using var log = new LogFile(Path.Combine(folder, "daemon.log"));
        log.WriteLine("one");

        Directory.CreateDirectory(folder);
        log.WriteLine("two");

        Assert.EndsWith("here: the disk did not take them)\ntwo\n", File.ReadAllText(Path.Combine(folder, "daemon.log")), StringComparison.Ordinal);
    }

    [Fact]
    public void After_its_end_nothing_is_written_and_nothing_fails()
    {
        var log = new LogFile(Path.Combine(_folder, "daemon.log"));
        log.Dispose();

        log.WriteLine("late");

        Assert.Empty(File.ReadAllText(Path.Combine(_folder, "daemon.log")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
