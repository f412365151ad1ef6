using System.Diagnostics;
using System.Text.Json;
using Landline.Daemon.Api;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon;

/// <summary>CLI and daemon as the processes that they are.</summary>
public sealed class DaemonProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-cli-").FullName;
    private readonly CliProcess _cli;
    private readonly RuntimeDirectory _runtime;

    public DaemonProcessTests()
    {
        string runtime = Path.Combine(_folder, "run");
        _cli = new CliProcess(runtime);
        _runtime = RuntimeDirectory.ForCurrentUser(name => name == "LANDLINE_RUNTIME_DIR" ? runtime : null);
    }

    [Fact]
    public async Task A_connect_that_fails_says_one_sentence_and_one_hint_and_leaves_no_process_and_no_socket()
    {
        await using StubApiServer server = await StubApiServer.StartAsync(_folder, Deadline.Token);
        server.IsInstalled = false;

        (int exitCode, string output, string errors) = await _cli.RunAsync("connect", "--kubeconfig", server.Kubeconfig);

        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Matches(@"\Aerror: Landline is not installed in this cluster: [^\n]+\.\n hint: [^\n]+\n\z", errors);
        ConnectionDirectory directory = _runtime.For("lab");
        await WaitUntilAsync(() => !DaemonLock.IsHeld(directory));
        Assert.Equal(["daemon.lock", "daemon.log"], Directory.GetFiles(directory.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_wrong_context_starts_no_daemon()
    {
        await using StubApiServer server = await StubApiServer.StartAsync(_folder, Deadline.Token);

        (int exitCode, _, string errors) = await _cli.RunAsync("connect", "--kubeconfig", server.Kubeconfig, "--context", "nowhere");

        Assert.Equal(1, exitCode);
        Assert.Matches(@"\Aerror: [^\n]*'nowhere'[^\n]*\.\n hint: [^\n]+\n\z", errors);
        Assert.False(Directory.Exists(_runtime.Path));
    }

    [Fact]
    public async Task Connect_as_somebody_else_asks_the_API_server_for_everything_as_them()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync();
        string kubeconfig = Path.Combine(_folder, "fake");
        await File.WriteAllTextAsync(kubeconfig, server.Kubeconfig("token: t"), Deadline.Token);

        (int exitCode, _, string errors) = await _cli.RunAsync("connect", "--kubeconfig", kubeconfig, "--as", "bob");

        Assert.Equal(1, exitCode); // It is not installed there.
        Assert.StartsWith("error: Landline is not installed in this cluster", errors, StringComparison.Ordinal);
        Assert.NotEmpty(server.Requests);
        Assert.All(server.Requests, request => Assert.Equal("bob", request.Headers.GetValueOrDefault("Impersonate-User")));
    }

    [Fact]
    public async Task A_daemon_that_died_is_shown_once_and_cleared_away()
    {
        ConnectionDirectory directory = _runtime.Create("lab");
        using Process daemon = _cli.Start("daemon", "run", "--name", "lab");
        await WaitUntilAsync(() => File.Exists(directory.DaemonSocket));

        daemon.Kill();
        await daemon.WaitForExitAsync(Deadline.Token);

        string first = (await _cli.RunAsync("status", "--format", "json")).Output;
        JsonElement crashed = Assert.Single(JsonDocument.Parse(first).RootElement.GetProperty("connections").EnumerateArray());
        Assert.Equal("Crashed", crashed.GetProperty("status").GetString());
        Assert.False(File.Exists(directory.DaemonSocket));
        Assert.Equal("Not connected.\n", (await _cli.RunAsync("status")).Output);
    }

    [Fact]
    public async Task A_daemon_that_is_stopped_is_named_by_who_needs_it_and_quit_ends_it()
    {
        ConnectionDirectory directory = _runtime.Create("lab");
        using Process daemon = _cli.Start("daemon", "run", "--name", "lab");
        await WaitUntilAsync(() => File.Exists(directory.DaemonSocket));
        using (Process stop = Process.Start(new ProcessStartInfo("kill", ["-STOP", $"{daemon.Id}"]))!)
        {
            await stop.WaitForExitAsync(Deadline.Token);
        }

        Assert.Equal(
            (1, "", "error: The daemon of connection 'lab' does not answer.\n hint: End it with: landline quit --name lab\n"),
            await _cli.RunAsync("detach", "web"));

        (int exitCode, string output, _) = await _cli.RunAsync("quit", "--name", "lab");

        Assert.Equal(0, exitCode);
        Assert.Equal("Disconnected from lab\n", output);
        Assert.False(DaemonLock.IsHeld(directory));
        Assert.False(File.Exists(directory.DaemonSocket));
    }

    [Fact]
    public async Task The_version_is_told_with_that_of_each_daemon_and_also_when_one_is_stopped()
    {
        ConnectionDirectory directory = _runtime.Create("lab");
        using Process daemon = _cli.Start("daemon", "run", "--name", "lab");
        await WaitUntilAsync(() => File.Exists(directory.DaemonSocket));

        // On a busy machine a daemon may need longer than the command waits.
        string expected = $"landline {ProductVersion.Text}\nconnection lab: daemon {ProductVersion.Text}, manager not known\n";
        CancellationToken deadline = Deadline.Token;
        while ((await _cli.RunAsync("version")).Output != expected)
        {
            deadline.ThrowIfCancellationRequested();
        }

        using (Process stop = Process.Start(new ProcessStartInfo("kill", ["-STOP", $"{daemon.Id}"]))!)
        {
            await stop.WaitForExitAsync(Deadline.Token);
        }

        (int exitCode, string silent, _) = await _cli.RunAsync("version");
        daemon.Kill();

        Assert.Equal(0, exitCode);
        Assert.Equal($"landline {ProductVersion.Text}\nconnection lab: its daemon does not answer\n", silent);
    }

    [Fact]
    public async Task A_kubeconfig_that_does_not_exist_is_told_by_its_path()
    {
        string path = Path.Combine(_folder, "confg");

        (int exitCode, _, string errors) = await _cli.RunAsync("connect", "--kubeconfig", path);

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"error: The kubeconfig {path} does not exist.\n hint: ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminating_a_daemon_is_an_orderly_end()
    {
        ConnectionDirectory directory = _runtime.Create("lab");
        using Process daemon = _cli.Start("daemon", "run", "--name", "lab");
        await WaitUntilAsync(() => File.Exists(directory.DaemonSocket));
        using (Process terminate = Process.Start(new ProcessStartInfo("kill", [$"{daemon.Id}"]))!)
        {
            await terminate.WaitForExitAsync(Deadline.Token);
        }

        // Sooner than by itself, as it does after 30 s in which nobody has asked it for a connection.
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        await daemon.WaitForExitAsync(soon.Token);

        Assert.Equal(0, daemon.ExitCode);
        Assert.False(File.Exists(directory.DaemonSocket));
        Assert.Contains("The daemon ends", await File.ReadAllTextAsync(directory.DaemonLog, Deadline.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_several_connections_quit_wants_a_name_and_lists_them()
    {
        string[] names = ["one", "two"];
        Process[] daemons = [.. names.Select(name => _cli.Start("daemon", "run", "--name", name))];
        foreach (string name in names)
        {
            await WaitUntilAsync(() => File.Exists(_runtime.For(name).DaemonSocket));
        }

        (int exitCode, _, string errors) = await _cli.RunAsync("quit");
        (_, string all, _) = await _cli.RunAsync("quit", "--all");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("error: There are several connections: one, two.\n hint: ", errors, StringComparison.Ordinal);
        Assert.Equal("Disconnected from one, two\n", all);
        foreach (Process daemon in daemons)
        {
            await daemon.WaitForExitAsync(Deadline.Token);
            daemon.Dispose();
        }
    }

    [Fact]
    public async Task Bash_completes_with_the_script_that_the_program_prints()
    {
        const string Try =
            """
            PATH="$1:$PATH"
            source <(landline completion bash)
            COMP_LINE="landline sta"; COMP_POINT=${#COMP_LINE}; COMP_WORDS=(landline sta); COMP_CWORD=1
            _landline
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        var start = new ProcessStartInfo("bash", ["-c", Try, "bash", AppContext.BaseDirectory]) { RedirectStandardOutput = true };
        using Process bash = Process.Start(start)!;

        string found = await bash.StandardOutput.ReadToEndAsync(Deadline.Token);

        Assert.Equal("status\n", found);
    }

    [Fact]
    public async Task Logs_are_told_as_one_story_and_gathered_without_secrets()
    {
        ConnectionDirectory directory = _runtime.Create("lab");
        await File.WriteAllTextAsync(
            directory.DaemonLog, "2030-01-01T00:00:00.000Z info  1 a\n2030-01-01T00:00:02.000Z info  3 token=s3cret\n", Deadline.Token);
        await File.WriteAllTextAsync(directory.HelperLog, "2030-01-01T00:00:01.000Z info  2 b\n", Deadline.Token);
        string bundle = Path.Combine(_folder, "logs.zip");

        (_, string story, _) = await _cli.RunAsync("logs");
        (int exitCode, _, _) = await _cli.RunAsync("gather-logs", "-o", bundle, "--kubeconfig", "/nowhere");

        Assert.Equal(["daemon | 2030-01-01T00:00:00", "helper | 2030-01-01T00:00:01", "daemon | 2030-01-01T00:00:02"],
            story.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..28]));
        Assert.Equal(0, exitCode);
        using var zip = await System.IO.Compression.ZipFile.OpenReadAsync(bundle, Deadline.Token);
        using var log = new StreamReader(await zip.GetEntry("lab/daemon.log")!.OpenAsync(Deadline.Token));
        Assert.Contains("token=[redacted]", await log.ReadToEndAsync(Deadline.Token), StringComparison.Ordinal);
        Assert.NotNull(zip.GetEntry("status.json"));
        Assert.NotNull(zip.GetEntry("cluster/unavailable.log"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(bundle));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task WaitUntilAsync(Func<bool> isTrue)
    {
        CancellationToken deadline = Deadline.Token;
        while (!isTrue())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline);
        }
    }
}
