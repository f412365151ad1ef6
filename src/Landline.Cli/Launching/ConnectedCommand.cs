using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Landline.Cli.Output;
using Landline.Networking.Processes;

namespace Landline.Cli.Launching;

/// <summary>The command after <c>--</c>: it has the terminal to itself, gets the signals, and gives its exit code.</summary>
internal static class ConnectedCommand
{
    private const int SIGTERM = 15;
    private const int ENOENT = 2;

    /// <summary>Waits as long as the command runs: an interruption is the command's business.</summary>
    /// <param name="environment">Added to this program's own.</param>
    /// <param name="ending">What the command was for is over: it gets SIGTERM.</param>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> commandLine, IReadOnlyDictionary<string, string> environment, CancellationToken ending)
    {
        var start = new ProcessStartInfo(Find(commandLine[0])) { UseShellExecute = false };
        foreach (string argument in commandLine.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Start(start, commandLine[0]);
        using var registrations = new SignalForwarding(process);
        await using CancellationTokenRegistration asking = ending.UnsafeRegister(
            static process => SpawnedChild.Signal(((Process)process!).Id, SIGTERM), process);
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }

    private static string Find(string name) =>
        ProgramSearch.Find(name, Environment.GetEnvironmentVariable("PATH"), Environment.CurrentDirectory)
        ?? throw CliErrors.CommandNotFound(name, Marshal.GetPInvokeErrorMessage(ENOENT));

    private static Process Start(ProcessStartInfo start, string name)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw CliErrors.CommandNotFound(name, Marshal.GetPInvokeErrorMessage(e.NativeErrorCode));
        }
    }

    /// <summary>
    /// Keeps this program alive under signals that are meant for the command, and hands them on. A terminal sends
    /// ^C and ^\ to the command by itself, because it is in the same process group; twice would be once too often.
    /// Looked at for each signal: a shell can put both into the background and back.
    /// </summary>
    private sealed class SignalForwarding : IDisposable
    {
        private const int SIGHUP = 1;
        private const int SIGINT = 2;
        private const int SIGQUIT = 3;
        private readonly List<PosixSignalRegistration> _registrations;

        public SignalForwarding(Process process)
        {
            _registrations =
            [
                Register(PosixSignal.SIGINT, SIGINT, process, isTerminals: true),
                Register(PosixSignal.SIGQUIT, SIGQUIT, process, isTerminals: true),
                Register(PosixSignal.SIGHUP, SIGHUP, process, isTerminals: false),
                Register(PosixSignal.SIGTERM, SIGTERM, process, isTerminals: false),
            ];
        }

        public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

        private static PosixSignalRegistration Register(PosixSignal signal, int number, Process process, bool isTerminals) =>
            PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                if (!isTerminals || !TerminalSignals.ReachGroup())
                {
                    SpawnedChild.Signal(process.Id, number);
                }
            });
    }
}
