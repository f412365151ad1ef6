using System.ComponentModel;
using System.Diagnostics;

namespace Landline.Networking.Processes;

/// <summary>A program of the system, such as <c>ip</c>, run to its end with what it wrote.</summary>
public sealed record SystemTool(int ExitCode, string Output, string Error)
{
    // Root's tools come from root's directories: a PATH inherited through sudo is somebody else's choice.
    private static readonly string[] Directories = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <summary>What the program complained of, in one line.</summary>
    public string Complaint
    {
        get
        {
            string text = Error.Length > 0 ? Error : Output;
            string line = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .FirstOrDefault() ?? $"exit code {ExitCode}";
            return line.TrimEnd('.');
        }
    }

    public static bool Exists(string name) => Find(name) is not null;

    /// <param name="input">Written to its standard input; empty = an input that has ended.</param>
    /// <exception cref="ToolFailedException">Not installed, or not done within the time.</exception>
    public static async Task<SystemTool> RunAsync(
        string name, IReadOnlyList<string> arguments, string input, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using Process process = Start(name, arguments);
        using var deadline = new CancellationTokenSource(timeout, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(either.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(either.Token);
            await WriteInputAsync(process, input, either.Token);
            await process.WaitForExitAsync(either.Token);
            return new SystemTool(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            cancellationToken.ThrowIfCancellationRequested();
            throw new ToolFailedException($"{name} did not end within {timeout.TotalSeconds:0} s");
        }
    }

    /// <summary>Like <see cref="RunAsync"/>, and a non-zero exit code is a failure, too.</summary>
    /// <exception cref="ToolFailedException">Not installed, failed, or not done within the time.</exception>
    public static async Task<string> CheckedAsync(
        string name, IReadOnlyList<string> arguments, string input, TimeSpan timeout, CancellationToken cancellationToken)
    {
        SystemTool result = await RunAsync(name, arguments, input, timeout, cancellationToken);
        return result.ExitCode == 0
            ? result.Output
            : throw new ToolFailedException($"{name} {string.Join(' ', arguments)}: {result.Complaint}");
    }

    /// <summary>For programs that are kept running; standard input and both outputs are pipes.</summary>
    /// <exception cref="ToolFailedException">Not installed.</exception>
    internal static Process Start(string name, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(Find(name) ?? throw new ToolFailedException($"{name} is not installed"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = string.Join(':', Directories);
        start.Environment["LC_ALL"] = "C";

        // nft keeps a history of its commands in the home directory.
        start.Environment["HOME"] = "/dev/null";
        try
        {
            return Process.Start(start) ?? throw new ToolFailedException($"{name} did not start");
        }
        catch (Win32Exception e)
        {
            throw new ToolFailedException($"{name} did not start: {e.Message}");
        }
    }

    private static string? Find(string name) =>
        Directories.Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);

    private static async Task WriteInputAsync(Process process, string input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException) when (process.HasExited)
        {
            // It ended without reading all: its exit code and complaint say why.
            return;
        }
    }
}
