using System.Diagnostics;
using Landline.Cli.Environments;
using Landline.Protocol.Errors;
using Landline.TestSupport;

namespace Landline.Tests.Cli.Environments;

public sealed class PrivateFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-").FullName;

    [Fact]
    public async Task Only_its_owner_may_read_it_and_nothing_else_is_left()
    {
        string path = Path.Combine(_folder, "web.env");
        await File.WriteAllTextAsync(path, "old", Deadline.Token);

        await PrivateFile.WriteAsync(path, "A=1\n", TextWriter.Null, Deadline.Token);

        Assert.Equal("A=1\n", await File.ReadAllTextAsync(path, Deadline.Token));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("missing/web.env")]
    [InlineData(".")]
    public async Task What_cannot_be_written_is_told_and_leaves_nothing(string place)
    {
        string path = Path.Combine(_folder, place);

        var error = await Assert.ThrowsAsync<UserErrorException>(() => PrivateFile.WriteAsync(path, "A=1\n", TextWriter.Null, Deadline.Token));

        Assert.Equal("environment-file-not-written", error.Code);
        Assert.Contains($"'{path}'", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task An_interruption_leaves_the_old_file_and_nothing_else()
    {
        string path = Path.Combine(_folder, "web.env");
        await File.WriteAllTextAsync(path, "old", Deadline.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => PrivateFile.WriteAsync(path, "A=1\n", TextWriter.Null, new CancellationToken(canceled: true)));

        Assert.Equal("old", await File.ReadAllTextAsync(path, Deadline.Token));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Only_a_file_is_taken_away_again()
    {
        string path = Path.Combine(_folder, "web.env");
        File.WriteAllText(path, "A=1\n");

        PrivateFile.Remove(path);
        PrivateFile.Remove(path);
        PrivateFile.Remove("/dev/stdout");
        PrivateFile.Remove("/dev/null");

        Assert.Empty(Directory.GetFiles(_folder));
        Assert.NotNull(new FileInfo("/dev/stdout").LinkTarget);
        Assert.True(Landline.Networking.Files.FileKind.IsSpecial("/dev/null"));
    }

    [Theory]
    [InlineData("-")]
    [InlineData("/dev/stdout")]
    public async Task Standard_output_is_no_file(string path)
    {
        using var output = new StringWriter();

        await PrivateFile.WriteAsync(path, "A=1\n", output, Deadline.Token);

        Assert.Equal("A=1\n", output.ToString());
        Assert.False(File.Exists("-"));
        Assert.NotNull(new FileInfo("/dev/stdout").LinkTarget); // Root could have put a file there.
    }

    [Fact]
    public async Task A_device_is_written_to_and_stays()
    {
        await PrivateFile.WriteAsync("/dev/null", "A=1\n", TextWriter.Null, Deadline.Token);

        Assert.Equal(0, new FileInfo("/dev/null").Length);
        Assert.True(Landline.Networking.Files.FileKind.IsSpecial("/dev/null"));
    }

    [Fact]
    public async Task A_pipe_gets_the_text_also_through_a_link()
    {
        string pipe = Path.Combine(_folder, "pipe");
        string link = Path.Combine(_folder, "link");
        using (Process mkfifo = Process.Start(new ProcessStartInfo("mkfifo", [pipe]))!)
        {
            await mkfifo.WaitForExitAsync(Deadline.Token);
        }

        File.CreateSymbolicLink(link, pipe);
        using Process reader = Process.Start(new ProcessStartInfo("cat", [pipe]) { RedirectStandardOutput = true })!;

        await PrivateFile.WriteAsync(link, "A=1\n", TextWriter.Null, Deadline.Token);

        Assert.Equal("A=1\n", await reader.StandardOutput.ReadToEndAsync(Deadline.Token));
        Assert.Equal(pipe, new FileInfo(link).LinkTarget);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
