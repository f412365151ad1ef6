using System.Text.Json;
using Landline.Cli;
using Landline.Cli.Output;
using Landline.Daemon.Api;

namespace Landline.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("conect", "'conect' is no command of landline.\n")]
    [InlineData("status lab", "Unrecognized command or argument 'lab'")]
    [InlineData("connect --grace 5x", "--grace: '5x' is no duration such as 30s, 2m or 1h")]
    [InlineData("connect --grace 4s", "--grace: '4s' is no duration such as 30s, 2m or 1h (5s to 24h)")]
    [InlineData("connect --grace 999999999h", "--grace: '999999999h' is no duration")]
    [InlineData("connect --grace 25h", "--grace: '25h' is no duration")]
    [InlineData("connect --grace ", "--grace: the value is empty.\n")]
    [InlineData("connect -n ", "-n: the value is empty.\n")]
    [InlineData("connect --also-proxy ", "--also-proxy: the value is empty.\n")]
    [InlineData("gather-logs -o ", "-o: the value is empty.\n")]
    [InlineData("intercept ", "An argument is empty.\n")]
    [InlineData("intercept web --service ", "--service: the value is empty.\n")]
    [InlineData("connect --also-proxy 10.1", "--also-proxy: '10.1' is no address, subnet or host name")]
    [InlineData("connect --never-proxy db.example.com", "--never-proxy: 'db.example.com' is no subnet")]
    [InlineData("connect --manager-address here", "--manager-address: 'here' is not of the form HOST:PORT")]
    [InlineData("connect --name a/b", "'a/b' cannot name a connection")]
    [InlineData("connect ls", "Write -- before the command that is to run: landline connect -- COMMAND.\n")]
    [InlineData("intercept", "Required argument missing for command: 'intercept'")]
    [InlineData("intercept web -p", "Required argument missing for option: '-p'")]
    [InlineData("connect --also-proxy", "Required argument missing for option: '--also-proxy'")]
    [InlineData("intercept Web", "'Web' cannot name an attachment")]
    [InlineData("intercept job/web", "'job/web' is no workload")]
    [InlineData("intercept pod/", "'pod/' is no workload")]
    [InlineData("intercept web -p http", "--port: 'http' is not of the form LOCAL[:IDENTIFIER][/UDP]")]
    [InlineData("intercept dns -p 5353:dns/UDP --http-method GET", "--http-method: every --port is of UDP")]
    [InlineData("intercept dns -p 53/UDP --forward-source-address", "--forward-source-address: every --port is of UDP")]
    [InlineData("wiretap dns -p 53/UDP --http-path-prefix /a", "--http-path-prefix: every --port is of UDP")]
    [InlineData("intercept web --http-header x-user", "--http-header: 'x-user' is not of the form NAME=VALUE")]
    [InlineData("intercept web --http-path-regex (", "--http-path-regex: '(' is no regular expression")]
    [InlineData("intercept web --http-path-prefix api", "--http-path-prefix: 'api' does not begin with a slash")]
    [InlineData("intercept web --http-path-equal /a --http-path-prefix /b", "exclude each other")]
    [InlineData("intercept web --http-method G-T", "--http-method: 'G-T' is no method")]
    [InlineData("intercept web --when-unavailable fail", "--when-unavailable: 'fail' is not fallback or refuse")]
    [InlineData("intercept web --mount false:ro", "--mount: 'false:ro' is not true, false or a path")]
    [InlineData("intercept web --to-pod http", "--to-pod: 'http' is not of the form PORT[/UDP]")]
    [InlineData("intercept web --env-syntax bash", "--env-syntax: 'bash' is none of docker, compose")]
    [InlineData("intercept web ls", "Write -- before the command that is to run: landline intercept NAME -- COMMAND.\n")]
    [InlineData("install --access-group= --print", "--access-group: the value is missing.\n")]
    [InlineData("intercept web ls -- la", "Write -- before the command")]
    [InlineData("detach", "Required argument missing for command: 'detach'")]
    [InlineData("quit --all --name lab", "--name and --all exclude each other")]
    [InlineData("status --format xml", "'xml' is no format")]
    [InlineData("install --format xml", "'xml' is no format")]
    [InlineData("upgrade --format xml", "'xml' is no format")]
    [InlineData("uninstall --format xml", "'xml' is no format")]
    [InlineData("detach web --format xml", "'xml' is no format")]
    [InlineData("gather-logs -o logs.zip --format xml", "'xml' is no format")]
    [InlineData("completion tcsh", "There is no completion for 'tcsh', but for bash, zsh, fish, pwsh.\n")]
    [InlineData("gather-logs", "--output")]
    public async Task A_wrong_command_line_is_told_with_a_hint_and_exit_code_2(string commandLine, string expected)
    {
        (int exitCode, string output, string errors) = await RunAsync(commandLine.Split(' '));

        Assert.Equal(ExitCodes.Usage, exitCode);
        Assert.Empty(output);
        Assert.StartsWith("error: ", errors, StringComparison.Ordinal);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.Contains("\n hint: See what there is with: landline", errors, StringComparison.Ordinal);
        Assert.Equal(2, errors.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Two_mistakes_are_told_at_once()
    {
        (_, _, string errors) = await RunAsync("intercept", "Web", "-p", "http");

        Assert.Contains("error: 'Web' cannot name an attachment", errors, StringComparison.Ordinal);
        Assert.Contains("error: --port: 'http' is not of the form", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_word_there_is_the_help() => Assert.Equal(await RunAsync("--help"), await RunAsync());

    [Fact]
    public async Task The_option_says_the_same_version_as_the_command() => Assert.Equal(await RunAsync("version"), await RunAsync("--version"));

    [Fact]
    public async Task The_version_is_a_fact_in_three_formats()
    {
        // This machine may be connected.
        Assert.StartsWith($"landline {ProductVersion.Text}\n", (await RunAsync("version")).Output, StringComparison.Ordinal);
        Assert.StartsWith(
            $"version: \"{ProductVersion.Text}\"\nconnections:", (await RunAsync("version", "--format", "yaml")).Output, StringComparison.Ordinal);
        string json = (await RunAsync("version", "--format", "json")).Output;
        Assert.Equal(ProductVersion.Text, JsonDocument.Parse(json).RootElement.GetProperty("version").GetString());
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("install")]
    [InlineData("gather-logs")]
    public async Task The_contexts_of_the_kubeconfig_are_offered(string command)
    {
        string path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "contexts: [{name: one, context: {}}, {name: other, context: {}}]", TestContext.Current.CancellationToken);
        string line = $"landline {command} --kubeconfig {path} --context o";

        (int exitCode, string output, _) = await RunAsync($"[suggest:{line.Length}]", line);

        Assert.Equal(ExitCodes.Done, exitCode);
        Assert.Equal("one\nother\n", output);
        File.Delete(path);
    }

    [Fact]
    public async Task The_help_lists_every_command_that_people_use()
    {
        (int exitCode, string output, _) = await RunAsync("--help");

        Assert.Equal(ExitCodes.Done, exitCode);
        Assert.Contains("\n  connect ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("net-helper", output, StringComparison.Ordinal);
        Assert.DoesNotContain("\n  daemon", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_help_of_connect_is_as_documented() =>
        Assert.Equal(
            """
            Description:
              Make this machine part of a cluster

            Usage:
              landline connect [<command>...] [options]

            Arguments:
              <command>  After --: a command to run while connected; its exit code is returned

            Options:
              -n, --namespace <NAMESPACE>         The namespace to connect to
              --context <CONTEXT>                 The kubeconfig's context to use
              --kubeconfig <FILE>                 The kubeconfig file to use
              --as <USER>                         The user to act as in the cluster
              --name <NAME>                       The connection's name; the context's if not given
              --also-proxy <HOST|IP|CIDR[:PORT]>  Route this into the cluster too, with all of its ports; host names are resolved there
              --never-proxy <CIDR>                Never route this into the cluster
              --mapped-namespaces <NAMESPACES>    Resolve names of these namespaces only (comma-separated)
              --manager-namespace <NAMESPACE>     The namespace that Landline is installed in [default: landline]
              --manager-address <HOST:PORT>       Reach the manager directly here instead of through the API server
              --grace <DURATION>                  How long open connections wait for a network that went away: 30s, 2m, 1h; 2m if not given
              --format <text|json|yaml>           How to print: text, json or yaml
              -?, -h, --help                      Show help and usage information
            """.ReplaceLineEndings("\n"),
            (await RunAsync("connect", "--help")).Output.TrimEnd().Replace("testhost", "landline", StringComparison.Ordinal)
                .Replace("Landline.Tests", "landline", StringComparison.Ordinal));

    [Theory]
    [InlineData("landline co", "connect")]
    [InlineData("landline connect --na", "--namespace")]
    [InlineData("landline status --format ", "yaml")]
    [InlineData("landline completion ", "fish")]
    [InlineData("landline in", "intercept")]
    [InlineData("landline intercept web --http-h", "--http-header")]
    [InlineData("landline intercept web --when-unavailable ", "refuse")]
    [InlineData("landline intercept web --env-syntax ", "sh:export")]
    [InlineData("landline le", "leave")]
    [InlineData("landline li", "list")]
    public async Task A_shell_is_told_what_fits(string line, string expected)
    {
        (int exitCode, string output, _) = await RunAsync($"[suggest:{line.Length}]", line);

        Assert.Equal(ExitCodes.Done, exitCode);
        Assert.Contains(expected, output.Split('\n'));
    }

    [Theory]
    [InlineData("landline connect -- ")]
    [InlineData("landline intercept web -- python3 --ver")]
    public async Task A_shell_is_told_nothing_about_the_command_after_the_dashes(string line)
    {
        (int exitCode, string output, _) = await RunAsync($"[suggest:{line.Length}]", line);

        Assert.Equal(ExitCodes.Done, exitCode);
        Assert.Empty(output);
    }

    // The other scripts are run in their shells.
    [Fact]
    public async Task PowerShells_script_asks_for_the_command_at_the_cursor_alone_and_up_to_the_cursor() =>
        Assert.Equal(
            """
            # landline completion for PowerShell: landline completion pwsh | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName landline -ScriptBlock {
              param($wordToComplete, $commandAst, $cursorPosition)
              $end = $cursorPosition - $commandAst.Extent.StartOffset
              $line = "$commandAst".PadRight($end)
              landline "[suggest:$end]" "$line" 2>$null |
                Where-Object { $_ -like "$wordToComplete*" } |
                ForEach-Object {
                  $text = if ($_ -match '^[\w./:-][\w./:=@+-]*$') { $_ } else { "'" + ($_ -replace "['\u2018-\u201b]", '$0$0') + "'" }
                  [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
                }
            }

            """,
            (await RunAsync("completion", "pwsh")).Output);

    [Fact]
    public async Task No_shell_is_told_of_options_as_on_Windows()
    {
        (_, string output, _) = await RunAsync("[suggest:16]", "landline detach ");

        Assert.Contains("--namespace", output, StringComparison.Ordinal);
        Assert.DoesNotContain('/', output);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var output = new StringWriter { NewLine = "\n" };
        var errors = new StringWriter { NewLine = "\n" };
        int exitCode = await CommandLine.RunAsync(arguments, output, errors);
        return (exitCode, output.ToString(), errors.ToString());
    }
}
