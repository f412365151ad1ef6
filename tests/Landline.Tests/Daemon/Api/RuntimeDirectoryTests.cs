using Landline.Daemon.Api;
using Landline.Protocol.Errors;

namespace Landline.Tests.Daemon.Api;

public sealed class RuntimeDirectoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-run-").FullName;

    [Fact]
    public void It_is_the_chosen_one_else_the_sessions_else_one_below_tmp()
    {
        Assert.Equal("/chosen", Of(("LANDLINE_RUNTIME_DIR", "/chosen"), ("XDG_RUNTIME_DIR", "/run/user/1")).Path);
        Assert.Equal("/run/user/1/landline", Of(("XDG_RUNTIME_DIR", "/run/user/1")).Path);
        Assert.Equal($"/tmp/landline-{RuntimeDirectory.CurrentUserId}", Of().Path);
    }

    [Fact]
    public void A_connections_folder_is_for_its_owner_only()
    {
        ConnectionDirectory directory = Of(("LANDLINE_RUNTIME_DIR", Path.Combine(_folder, "run"))).Create("lab");

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory.Path));
    }

    [Fact]
    public void A_link_in_its_place_is_refused()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "run"), "/etc");

        var error = Assert.Throws<UserErrorException>(
            () => Of(("LANDLINE_RUNTIME_DIR", Path.Combine(_folder, "run"))).Create("lab"));
        Assert.Equal("runtime-directory-unusable", error.Code);
        Assert.False(Directory.Exists("/etc/lab"));
    }

    [Fact]
    public void A_folder_that_others_may_write_to_is_refused()
    {
        File.SetUnixFileMode(_folder, (UnixFileMode)0x1FF);

        var error = Assert.Throws<UserErrorException>(() => Of(("LANDLINE_RUNTIME_DIR", _folder)).Create("lab"));
        Assert.Contains("others may write to it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_is_too_long_for_a_socket_is_told_before_anything_fails()
    {
        string deep = Path.Combine(_folder, new string('d', 100));

        var error = Assert.Throws<UserErrorException>(() => Of(("LANDLINE_RUNTIME_DIR", deep)).Create("lab"));
        Assert.Equal("runtime-directory-too-long", error.Code);
    }

    [Fact]
    public void A_daemon_is_alive_as_long_as_it_holds_its_lock()
    {
        ConnectionDirectory directory = Of(("LANDLINE_RUNTIME_DIR", Path.Combine(_folder, "run"))).Create("lab");
        Assert.False(DaemonLock.IsHeld(directory));

        using (DaemonLock? mine = DaemonLock.TryTake(directory))
        {
            Assert.NotNull(mine);
            Assert.True(DaemonLock.IsHeld(directory));
            Assert.Null(DaemonLock.TryTake(directory));
        }

        Assert.False(DaemonLock.IsHeld(directory));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static RuntimeDirectory Of(params (string Name, string Value)[] variables) =>
        RuntimeDirectory.ForCurrentUser(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
