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

        await PrivateFile.WriteAsync(path, "A=1\n", Deadline.Token);

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

        var error = await Assert.ThrowsAsync<UserErrorException>(() => PrivateFile.WriteAsync(path, "A=1\n", Deadline.Token));

        Assert.Equal("environment-file-not-written", error.Code);
        Assert.Contains($"'{path}'", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
