using System.Diagnostics;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Networking.Processes;

namespace Landline.Cli.Launching;

/// <summary>Runs this program as root: directly, or through sudo, which asks in the user's terminal.</summary>
internal sealed class RootProgram(TimeProvider time)
{
    /// <summary>sudo without a question returns at once; PAM modules may take a second or two.</summary>
    private static readonly TimeSpan LongestSudo = TimeSpan.FromSeconds(30);
    private static readonly Dictionary<string, string> NoAdditions = [];
    private const string NoLog = "/dev/null";

    /// <summary>Starts it so that it lives on when this command has ended.</summary>
    public async Task StartAsync(
        IReadOnlyList<string> arguments, ConnectionDirectory directory, CancellationToken cancellationToken)
    {
        if (Environment.IsPrivilegedProcess)
        {
            DetachedProcess.Start(Environment.ProcessPath!, arguments, NoAdditions, directory.HelperLog, ownSession: true);
            return;
        }

        await SudoAsync(["-b", Environment.ProcessPath!, .. arguments], directory.HelperLog, cancellationToken);
    }

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="Protocol.Errors.UserErrorException">sudo is missing, said no, or the program failed.</exception>
    public async Task RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (Environment.IsPrivilegedProcess)
        {
            int processId = DetachedProcess.Start(Environment.ProcessPath!, arguments, NoAdditions, NoLog, ownSession: false);
            await WaitAsync(processId, cancellationToken);
            return;
        }

        await SudoAsync([Environment.ProcessPath!, .. arguments], NoLog, cancellationToken);
    }

    // First without a question: the password may be remembered or not be needed for this program.
    private async Task SudoAsync(string[] arguments, string log, CancellationToken cancellationToken)
    {
        string sudo = ProgramSearch.Find("sudo", Environment.GetEnvironmentVariable("PATH"), Environment.CurrentDirectory)
            ?? throw CliErrors.SudoMissing();
        if (await TryAsync(sudo, arguments, log, cancellationToken))
        {
            return;
        }

        if (Console.IsInputRedirected)
        {
            throw CliErrors.SudoNeedsTerminal();
        }

        await AskPasswordAsync(sudo, cancellationToken);
        if (!await TryAsync(sudo, arguments, log, cancellationToken))
        {
            throw CliErrors.SudoRefused();
        }
    }

    // Not in a session of its own: sudo finds the remembered password by the terminal.
    private async Task<bool> TryAsync(string sudo, string[] arguments, string log, CancellationToken cancellationToken) =>
        await WaitAsync(
            DetachedProcess.Start(sudo, ["-n", .. arguments], NoAdditions, log, ownSession: false), cancellationToken) == 0;

    // On the terminal; remembered for this terminal as the machine's policy says.
    private static async Task AskPasswordAsync(string sudo, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(sudo) { UseShellExecute = false };
        start.ArgumentList.Add("-p");
        start.ArgumentList.Add("Landline sets routes and DNS as root. Password for %u: ");
        start.ArgumentList.Add("-v");
        using Process process = Process.Start(start)!;
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw CliErrors.SudoRefused();
        }
    }

    private async Task<int> WaitAsync(int processId, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(LongestSudo, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        while (true)
        {
            if (SpawnedChild.TryWait(processId) is { } exitCode)
            {
                return exitCode;
            }

            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), time, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw CliErrors.SudoRefused();
            }
        }
    }
}
