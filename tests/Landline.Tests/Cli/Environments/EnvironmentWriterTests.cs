using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Landline.Cli.Environments;
using Landline.Protocol.Errors;

namespace Landline.Tests.Cli.Environments;

public sealed class EnvironmentWriterTests
{
    [Theory]
    [InlineData("docker", "A=it's $HOME \"x\"\\\n")]
    [InlineData("compose", "A=\"it's \\$HOME \\\"x\\\"\\\\\"\n")]
    [InlineData("sh", "A='it'\\''s $HOME \"x\"\\'\n")]
    [InlineData("sh:export", "export A='it'\\''s $HOME \"x\"\\'\n")]
    [InlineData("csh", "set A='it'\\''s $HOME \"x\"\\'\n")]
    [InlineData("csh:export", "setenv A 'it'\\''s $HOME \"x\"\\'\n")]
    [InlineData("ps", "$A='it''s $HOME \"x\"\\'\n")]
    [InlineData("ps:export", "$Env:A='it''s $HOME \"x\"\\'\n")]
    [InlineData("cmd", "set A=it's $HOME ^\"x^\"\\\r\n")]
    public void Each_syntax_quotes_in_its_own_way(string syntax, string expected) =>
        Assert.Equal(expected, EnvironmentWriter.Write([new("A", "it's $HOME \"x\"\\")], EnvironmentSyntax.TryParse(syntax)!));

    [Theory]
    [InlineData("docker")]
    [InlineData("cmd")]
    public void A_value_of_several_lines_is_an_error_where_it_cannot_be_written(string syntax)
    {
        UserErrorException error = Assert.Throws<UserErrorException>(
            () => EnvironmentWriter.Write([new("KEY", "one\ntwo")], EnvironmentSyntax.TryParse(syntax)!));

        Assert.Contains("KEY", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("one", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void In_cmd_no_value_ends_its_own_quoting() =>
        Assert.Equal(
            "set A=x^\"^&calc^|%%PATH%%\r\nset \"B=x & y\"\r\n",
            EnvironmentWriter.Write([new("A", "x\"&calc|%PATH%"), new("B", "x & y")], EnvironmentSyntax.TryParse("cmd")!));

    [Theory]
    [InlineData("spring.name", "docker compose ps ps:export cmd cmd:export")]
    [InlineData("X;calc", "docker")]
    [InlineData("$(calc)", "docker")]
    [InlineData("2nd", "docker")]
    [InlineData("A B", "")]
    [InlineData("#A", "")]
    [InlineData("A\nB", "")]
    [InlineData("", "")]
    public void A_name_that_a_syntax_cannot_hold_is_an_error(string name, string syntaxes)
    {
        foreach (string spelling in EnvironmentSyntax.Spellings)
        {
            void Write() => EnvironmentWriter.Write([new(name, "v")], EnvironmentSyntax.TryParse(spelling)!);
            if (syntaxes.Split(' ').Contains(spelling))
            {
                Write();
            }
            else
            {
                Assert.Equal("environment-name-not-writable", Assert.Throws<UserErrorException>(Write).Code);
            }
        }
    }

    [Fact]
    public void PowerShell_needs_braces_around_a_name_with_a_dot() =>
        Assert.Equal("${Env:a.b}='v'\n", EnvironmentWriter.Write([new("a.b", "v")], EnvironmentSyntax.TryParse("ps:export")!));

    [Theory]
    [InlineData("bash")]
    [InlineData("docker:export")]
    [InlineData("")]
    public void An_unknown_syntax_is_not_taken(string syntax) => Assert.Null(EnvironmentSyntax.TryParse(syntax));

    [Fact]
    public void A_shell_reads_back_any_value()
    {
        Prop.ForAll<NonEmptyString>(text =>
        {
            string value = text.Get.Replace("\0", "", StringComparison.Ordinal);
            var start = new ProcessStartInfo("sh", ["-s"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
            using Process shell = Process.Start(start)!;
            shell.StandardInput.Write(EnvironmentWriter.Write([new("LANDLINE_TEST", value)], EnvironmentSyntax.TryParse("sh")!));
            shell.StandardInput.Write("printf '%s.' \"$LANDLINE_TEST\"\n");
            shell.StandardInput.Close();
            return shell.StandardOutput.ReadToEnd() == Utf8(value) + ".";
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(30));
    }

    [Fact]
    public void What_describes_the_container_is_left_out_unless_it_is_asked_for()
    {
        KeyValuePair<string, string>[] variables =
            [new("PATH", "/bin"), new("HOME", "/"), new("DATABASE_URL", "x"), new("LD_PRELOAD", "y"), new("SECRET_TOKEN", "z")];

        Assert.Equal(["DATABASE_URL", "SECRET_TOKEN"], Names([], []));
        Assert.Equal(["PATH", "DATABASE_URL"], Names(["PA*"], ["SECRET_*"]));

        IEnumerable<string> Names(string[] include, string[] exclude) =>
            new EnvironmentSelection(include, exclude).Select(variables).Select(variable => variable.Key);
    }

    [Theory]
    [InlineData("JAVA_HOME JAVA_TOOL_OPTIONS CLASSPATH")]
    [InlineData("PYTHONPATH PYTHONHOME VIRTUAL_ENV")]
    [InlineData("GEM_HOME GEM_PATH BUNDLE_APP_CONFIG RUBYOPT RUBYLIB")]
    [InlineData("GOPATH GOROOT NODE_PATH NODE_OPTIONS NVM_DIR")]
    [InlineData("DOTNET_STARTUP_HOOKS DOTNET_ROOT DOTNET_ROOT_X64 CORECLR_PROFILER_PATH CORECLR_ENABLE_PROFILING")]
    [InlineData("LD_LIBRARY_PATH LD_PRELOAD SSL_CERT_FILE")]
    [InlineData("TMP TEMP TMPDIR SHELL USER PWD OLDPWD TERM SHLVL XDG_CACHE_HOME")]
    public void What_would_break_the_handlers_toolchain_is_left_out(string names)
    {
        KeyValuePair<string, string>[] variables = [.. names.Split(' ').Select(name => new KeyValuePair<string, string>(name, "/in/the/image"))];

        Assert.Empty(new EnvironmentSelection([], []).Select(variables));
        Assert.Equal(variables, new EnvironmentSelection(names.Split(' '), []).Select(variables));
    }

    [Fact]
    public void What_configures_the_application_is_taken()
    {
        string[] names =
        [
            "NODE_ENV", "JAVA_OPTS", "DOTNET_ENVIRONMENT", "ASPNETCORE_URLS", "ASPNETCORE_ENVIRONMENT", "DOTNET_gcServer", "RAILS_ENV", "RACK_ENV",
            "FLASK_APP", "DJANGO_SETTINGS_MODULE", "PYTHONUNBUFFERED", "GOMAXPROCS", "GOMEMLIMIT", "SPRING_PROFILES_ACTIVE", "LANG", "LC_ALL", "TZ",
            "KUBERNETES_SERVICE_HOST", "HTTP_PROXY", "ENVIRONMENT", "USERNAME", "DB_PATH", "PHP_MEMORY_LIMIT", "JAVA_APP_JAR", "CONTAINER",
        ];

        Assert.Equal(names, new EnvironmentSelection([], []).Select(names.Select(name => new KeyValuePair<string, string>(name, "x"))).Select(one => one.Key));
    }

    [Fact]
    public void The_document_lists_what_is_left_out()
    {
        string document = File.ReadAllText(DocumentPath());

        Assert.All(EnvironmentSelection.LeftOut, pattern => Assert.Contains($"`{pattern}`", document, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_is_readable_by_its_owner_alone_and_replaces_a_link_instead_of_following_it()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("landline-env-");
        string elsewhere = Path.Combine(directory.FullName, "elsewhere");
        string path = Path.Combine(directory.FullName, "env");
        await File.WriteAllTextAsync(elsewhere, "kept", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(path, elsewhere);

        await PrivateFile.WriteAsync(path, "A=1\n", TextWriter.Null, TestContext.Current.CancellationToken);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal("A=1\n", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Equal("kept", await File.ReadAllTextAsync(elsewhere, TestContext.Current.CancellationToken));
        directory.Delete(recursive: true);
    }

    // An unpaired surrogate does not survive a pipe of UTF-8, here as in the environment.
    private static string Utf8(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));

    private static string DocumentPath([System.Runtime.CompilerServices.CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "..", "docs", "attaching.md"));
}
