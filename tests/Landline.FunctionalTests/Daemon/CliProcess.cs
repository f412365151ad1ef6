using System.Diagnostics;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon;

/// <summary>The program <c>landline</c> as a process, with a runtime folder of its own.</summary>
internal sealed class CliProcess(string runtimeFolder)
{
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "landline");

    public async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(Deadline.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(Deadline.Token);
        await process.WaitForExitAsync(Deadline.Token);
        return (process.ExitCode, await output, await errors);
    }

    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LANDLINE_RUNTIME_DIR"] = runtimeFolder;
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
