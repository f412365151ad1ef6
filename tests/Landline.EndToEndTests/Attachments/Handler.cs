using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>A handler on the laptop, on a port of 127.0.0.1.</summary>
internal sealed class Handler : IAsyncDisposable
{
    public const string Name = "workstation";

    private readonly ProgramRun _run;

    private Handler(ProgramRun run) => _run = run;

    /// <summary>A line for each request that came, such as <c>GET /</c>.</summary>
    public string Requests => _run.Output;

    public static string[] Command(int port) => ["/usr/bin/python3", Path.Combine(SourceTree.Tests, "Client", "handler.py"), $"{port}", Name];

    public static async Task<Handler> StartAsync(int port)
    {
        ProgramRun run = Laptop.Root.Start(Command(port));
        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(10), "the handler listens", () => Task.FromResult(run.Output.Contains("ready", StringComparison.Ordinal)));
        return new Handler(run);
    }

    /// <summary>Stops it in the middle of whatever it does, as a debugger would, or lets it go on.</summary>
    public static async Task SignalAsync(int port, string signal) =>
        (await Laptop.Root.RunAsync("pkill", $"-{signal}", "-f", $"handler.py {port}")).Succeeded();

    public ValueTask DisposeAsync() => _run.DisposeAsync();
}
