using System.Diagnostics;
using Landline.Benchmarks.Networks;

namespace Landline.Benchmarks.Roles;

/// <summary>One of this program's roles as a process of its own in a network namespace. Disposing ends it.</summary>
internal sealed class RoleProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private RoleProcess(Process process, string[] ready)
    {
        _process = process;
        Ready = ready;
    }

    /// <summary>The words of its first line, after "ready".</summary>
    public IReadOnlyList<string> Ready { get; }

    /// <summary>Of the process itself: <c>ip netns exec</c> has become it.</summary>
    public int ProcessId => _process.Id;

    /// <exception cref="InvalidOperationException">It ended before it was ready; the message has its words.</exception>
    public static async Task<RoleProcess> StartAsync(string @namespace, params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Landline.Benchmarks");
        Process process = NamespacePair.Start(@namespace, program, arguments);
        string? line = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        if (line?.Split(' ') is ["ready", .. string[] words])
        {
            return new RoleProcess(process, words);
        }

        process.Kill();
        throw new InvalidOperationException($"'{string.Join(' ', arguments)}': {line} {await process.StandardError.ReadToEndAsync()}");
    }

    /// <summary>Gives it a command and returns its answer, one line each.</summary>
    public async Task<string> AskAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        return await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException("The process has ended.");
    }

    /// <summary>What is resident of it, in bytes.</summary>
    public long ResidentBytes()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
