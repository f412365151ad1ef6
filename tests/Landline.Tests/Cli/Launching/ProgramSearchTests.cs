using Landline.Cli.Launching;

namespace Landline.Tests.Cli.Launching;

public sealed class ProgramSearchTests : IDisposable
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute;

    private readonly string _root = Directory.CreateTempSubdirectory("landline-path-").FullName;

    private string Current => Folder("current");

    [Fact]
    public void The_first_along_the_path_is_found_and_not_what_lies_in_the_current_folder()
    {
        Program("current", "npm");
        string first = Program("first", "npm");
        Program("second", "npm");

        Assert.Equal(first, Find("npm", $"{Folder("empty")}:{Folder("first")}:{Folder("second")}"));
    }

    [Fact]
    public void Nothing_is_found_next_to_landline_or_in_the_current_folder_when_the_path_has_neither()
    {
        Program("current", "npm");

        Assert.Null(Find("npm", Folder("empty")));
        Assert.Null(Find("landline", Folder("empty")));
        Assert.Null(Find("", Folder("current")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/nowhere:")]
    [InlineData(":/nowhere")]
    [InlineData(".")]
    public void An_empty_element_of_the_path_is_the_current_folder(string path) =>
        Assert.Equal(Program("current", "npm"), Path.GetFullPath(Find("npm", path)!));

    [Fact]
    public void Folders_and_files_that_nobody_may_run_are_passed_over()
    {
        Directory.CreateDirectory(Path.Combine(Folder("first"), "tool"));
        File.WriteAllText(Path.Combine(Folder("second"), "tool"), "");
        string third = Program("third", "tool");

        Assert.Equal(third, Find("tool", $"{Folder("first")}:{Folder("second")}:{Folder("third")}"));
    }

    [Fact]
    public void A_link_to_a_program_is_left_as_it_is_because_a_virtual_environment_knows_itself_by_it()
    {
        string link = Path.Combine(Folder("first"), "python");
        File.CreateSymbolicLink(link, Program("second", "python3"));

        Assert.Equal(link, Find("python", Folder("first")));
    }

    [Theory]
    [InlineData("./tool")]
    [InlineData("bin/tool")]
    public void A_name_with_a_slash_is_a_path_from_the_current_folder(string name) =>
        Assert.Equal(Path.Combine(Current, name), Find(name, Folder("first")));

    [Fact]
    public void An_absolute_path_stays_as_it_is() => Assert.Equal("/opt/a/../tool", Find("/opt/a/../tool", Folder("first")));

    [Fact]
    public void Without_a_path_the_system_folders_are_looked_through() => Assert.NotNull(Find("sh", null));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string? Find(string name, string? path) => ProgramSearch.Find(name, path, Current);

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    private string Program(string folder, string name)
    {
        string path = Path.Combine(Folder(folder), name);
        File.WriteAllText(path, "");
        File.SetUnixFileMode(path, Executable);
        return path;
    }
}
