using System.Diagnostics;
using System.Text;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// A program started by a test. It ends by itself, or is killed with its children when it is disposed or when the test's time is over.
/// </summary>
internal sealed class ProgramRun : IAsyncDisposable
{
    private static readonly TimeSpan LongestMending = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private readonly string _commandLine;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource _outputEnded = new();
    private readonly TaskCompletionSource _errorsEnded = new();
    private readonly bool _startedAfterTheTest = TestContext.Current.CancellationToken.IsCancellationRequested;

    private ProgramRun(Process process, string commandLine)
    {
        _process = process;
        _commandLine = commandLine;
    }

    public bool HasExited => _process.HasExited;

    /// <summary>What it has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static ProgramRun Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = SourceTree.Root,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var run = new ProgramRun(new Process { StartInfo = start }, $"{program} {string.Join(' ', start.ArgumentList)}");
        run._process.OutputDataReceived += (_, line) => Append(run._output, line.Data, run._outputEnded);
        run._process.ErrorDataReceived += (_, line) => Append(run._errors, line.Data, run._errorsEnded);
        run._process.Start();
        run._process.BeginOutputReadLine();
        run._process.BeginErrorReadLine();
        return run;
    }

    /// <summary>Runs to the end.</summary>
    public static async Task<ProgramResult> ToEndAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? input = null)
    {
        await using ProgramRun run = Start(program, arguments, environment);
        if (input is not null)
        {
            await run._process.StandardInput.WriteAsync(input);
        }

        run._process.StandardInput.Close();
        return await run.EndAsync();
    }

    /// <summary>Waits for the process, and for its output unless something it left running holds that open.</summary>
    public async Task<ProgramResult> EndAsync()
    {
        // What is started after a test's time is over mends what it broke.
        using var mending = new CancellationTokenSource(LongestMending);
        CancellationToken testOver = _startedAfterTheTest ? mending.Token : TestContext.Current.CancellationToken;
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(testOver).ConfigureAwait(false);
        await Task.WhenAll(_outputEnded.Task, _errorsEnded.Task).WaitAsync(testOver).ConfigureAwait(false);
        return new ProgramResult(
            _commandLine, _process.ExitCode, _output.ToString(), _errors.ToString(), TimeProvider.System.GetElapsedTime(_started));
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void Append(StringBuilder text, string? line, TaskCompletionSource ended)
    {
        if (line is null)
        {
            ended.TrySetResult();
            return;
        }

        lock (text)
        {
            text.Append(line).Append('\n');
        }
    }
}
