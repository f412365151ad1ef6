using System.Diagnostics;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Cli;

/// <summary>The completion scripts in the shells that they are for; more of bash's is with the other processes of the program.</summary>
public sealed class CompletionTests : IDisposable
{
    // An interactive zsh at a terminal of its own: completion exists nowhere else. Reading waits for what the pattern says.
    private const string Zsh =
        """
        zmodload zsh/zpty
        export TERM=dumb
        zpty shell zsh -f -i
        zpty -w shell "PS1='> '; autoload -Uz compinit; compinit -u -D; source <(landline completion zsh); echo lo''aded"
        zpty -r shell out '*loaded*> '
        zpty -w -n shell "$1"$'\t'
        zpty -r shell out "*$2*"
        print -r -- "$2"
        zpty -d shell
        """;

    private const string Fish =
        """
        landline completion fish | source
        complete -C "$argv[1]"
        """;

    // The one context's name is a command, which whoever completes it must not run.
    private const string Bash =
        """
        source <(landline completion bash)
        COMP_LINE="landline connect --kubeconfig $1 --context "; COMP_POINT=${#COMP_LINE}
        COMP_WORDS=(landline connect --kubeconfig "$1" --context ""); COMP_CWORD=5
        _landline
        eval "printf '%s\n' ${COMPREPLY[*]}"
        """;

    private const string FishContext =
        """
        landline completion fish | source
        complete -C "landline connect --kubeconfig $argv[1] --context "
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("landline-completion-").FullName;

    public CompletionTests() => File.WriteAllText(Path.Combine(_folder, "greeting.txt"), "hello");

    [Theory]
    [InlineData("landline sta", "landline status")]
    [InlineData("landline intercept --when-un", "landline intercept --when-unavailable")]
    [InlineData("landline completion z", "landline completion zsh")]
    [InlineData("landline intercept web -- cat gree", "landline intercept web -- cat greeting.txt")]
    public async Task Zsh_completes_with_the_script_that_the_program_prints(string typed, string completed) =>
        Assert.Equal(completed + "\n", await RunAsync("/usr/bin/zsh", "-f", "-c", Zsh, "zsh", typed, completed));

    [Theory]
    [InlineData("landline sta", "status")]
    [InlineData("landline intercept --when-un", "--when-unavailable")]
    [InlineData("landline completion z", "zsh")]
    [InlineData("landline intercept web -- cat gree", "greeting.txt")]
    public async Task Fish_completes_with_the_script_that_the_program_prints(string typed, string found) =>
        Assert.Equal(found + "\n", await RunAsync("/usr/bin/fish", "--no-config", "-c", Fish, typed));

    [Theory]
    [InlineData("/usr/bin/bash", "-c", Bash, "bash")]
    [InlineData("/usr/bin/fish", "--no-config", "-c", FishContext)]
    public async Task The_name_of_a_context_is_completed_and_not_run(string shell, params string[] arguments)
    {
        string run = Path.Combine(_folder, "run");
        string context = $"$(touch {run})*";
        string kubeconfig = Path.Combine(_folder, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, $$$"""contexts: [{name: "{{{context}}}", context: {cluster: c}}]""", Deadline.Token);

        string found = await RunAsync(shell, [.. arguments, kubeconfig]);

        Assert.Equal(context + "\n", found);
        Assert.False(File.Exists(run));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> RunAsync(string shell, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(shell), $"{Path.GetFileName(shell)} is not installed.");
        var start = new ProcessStartInfo(shell, arguments) { RedirectStandardOutput = true, WorkingDirectory = _folder };
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = _folder; // Fish keeps things there.
        using Process process = Process.Start(start)!;
        try
        {
            return await process.StandardOutput.ReadToEndAsync(Deadline.Token);
        }
        finally
        {
            process.Kill(entireProcessTree: true); // Still there only if it waits for what never comes.
        }
    }
}
