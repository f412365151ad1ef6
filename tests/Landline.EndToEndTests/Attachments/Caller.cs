using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>
/// A pod that calls a workload many times a second, each time on a connection of its own or on those that it keeps, while a test
/// breaks something: afterwards it is known who answered when, and which calls failed.
/// </summary>
internal sealed class Caller : IAsyncDisposable
{
    private const int CallsPerSecond = 200;

    private const int KeepingCallsPerSecond = 50;

    private readonly string _namespace;
    private readonly string _stopFile;
    private readonly ProgramRun _run;

    private Caller(string @namespace, string stopFile, ProgramRun run) => (_namespace, _stopFile, _run) = (@namespace, stopFile, run);

    /// <summary>Begins to call 200 times a second, each time on a connection of its own, and returns when it does.</summary>
    public static Task<Caller> StartAsync(string @namespace, string service) => StartAsync(@namespace, service, CallsPerSecond, []);

    /// <summary>
    /// The same 50 times a second on 24 connections that are kept. Every second call has the header, and its answers are told; one without it
    /// that the workstation answers is an error.
    /// </summary>
    public static Task<Caller> StartKeepingAsync(string @namespace, string service, string header, string value) =>
        StartAsync(@namespace, service, KeepingCallsPerSecond, [header, value]);

    private static async Task<Caller> StartAsync(string @namespace, string service, int callsPerSecond, string[] header)
    {
        string script = await File.ReadAllTextAsync(Path.Combine(SourceTree.Tests, "Client", "caller.py"), TestContext.Current.CancellationToken);
        string stopFile = $"/tmp/stop-{Guid.NewGuid():N}";
        ProgramRun run = await CallerPod.StartAsync(
            @namespace, ["python3", "-u", "-c", script, service, $"{TestServer.Http}", $"{callsPerSecond}", stopFile, .. header]);
        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(20), "the caller has started", () => Task.FromResult(run.Output.Contains("started", StringComparison.Ordinal)));
        return new Caller(@namespace, stopFile, run);
    }

    /// <summary>Who answers one call made now: <c>workstation</c>, <c>hello from POD</c>.</summary>
    public static Task<string> AskAsync(string @namespace, string service, params string[] curl) =>
        AskForAsync(@namespace, service, "/", curl);

    /// <summary>The same of any path.</summary>
    public static async Task<string> AskForAsync(string @namespace, string service, string path, params string[] curl) => (await CallerPod.RunAsync(
        @namespace, ["curl", "-sS", "--max-time", "10", .. curl, $"http://{service}:{TestServer.Http}{path}"])).Succeeded().Trim();

    /// <summary>The same, or null where the call failed.</summary>
    public static async Task<string?> TryAskAsync(string @namespace, string service, params string[] curl)
    {
        ProgramResult asked = await CallerPod.RunAsync(@namespace, ["curl", "-sS", "--max-time", "2", .. curl, $"http://{service}:{TestServer.Http}/"]);
        return asked.ExitCode == 0 ? asked.Output.Trim() : null;
    }

    /// <summary>Who answers each of so many calls, one after the other, each on a connection of its own.</summary>
    public static async Task<string[]> AskTimesAsync(string @namespace, string service, int count)
    {
        string script = $"for i in $(seq {count}); do curl -sS --max-time 10 http://{service}:{TestServer.Http}/; done";
        string[] answers = (await CallerPod.RunAsync(@namespace, "sh", "-ec", script)).Succeeded()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(count, answers.Length);
        return answers;
    }

    public async Task<Calls> StopAsync()
    {
        (await CallerPod.RunAsync(_namespace, "touch", _stopFile)).Succeeded();
        string[] lines = (await _run.EndAsync()).Succeeded().Split('\n');
        JsonNode report = JsonNode.Parse(lines[^1])!;
        return new Calls(
            [.. report["answers"]!.AsArray().Select(run => new Answers(
                run![0]!.GetValue<string>(), Time(run[1]!), Time(run[2]!), run[3]!.GetValue<int>()))],
            [.. report["errors"]!.AsArray().Select(error => new FailedCall(
                Time(error![0]!), error[1]!.GetValue<string>(), TimeSpan.FromSeconds(error[2]!.GetValue<double>())))]);
    }

    public ValueTask DisposeAsync() => _run.DisposeAsync();

    private static DateTimeOffset Time(JsonNode seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds.GetValue<double>());
}

/// <summary>Answers of one side without one of the other between them.</summary>
internal sealed record Answers(string Who, DateTimeOffset First, DateTimeOffset Last, int Count);

/// <summary>When it was made, how it failed and after how long.</summary>
internal sealed record FailedCall(DateTimeOffset When, string What, TimeSpan After)
{
    public override string ToString() => $"{What} at {When:HH:mm:ss.fff} after {After.TotalSeconds:F3} s";
}

/// <summary>All that a caller has seen.</summary>
internal sealed record Calls(Answers[] Answers, FailedCall[] Errors)
{
    /// <summary>
    /// Less than the second that a connection of before is given to ask its question, and what it is given to end after detaching, so that the
    /// clocks of two processes need not agree.
    /// </summary>
    private static readonly TimeSpan Courtesy = TimeSpan.FromSeconds(0.95);

    /// <summary>
    /// No call failed, but for a few that a busy machine did not get to within the time that attaching and detaching give to what is under way.
    /// Callers that are left to wait would all fail so.
    /// </summary>
    public void AssertNoneFailed() => Assert.True(
        Array.TrueForAll(Errors, error => error.After > Courtesy) && Errors.Length * 50 <= Answers.Sum(run => run.Count), ToString());

    public int By(string who) => Answers.Where(run => run.Who == who).Sum(run => run.Count);

    /// <summary>Every failed call was made while something was being broken, in the time after that, or in a call's own time before it.</summary>
    public void AssertErrorsWithin(DateTimeOffset began, DateTimeOffset broken, TimeSpan window)
    {
        TimeSpan underWay = TimeSpan.FromSeconds(1);
        FailedCall[] outside =
            [.. Errors.Where(error => error.When < began - underWay || error.When > broken + window)];
        Assert.True(
            outside.Length == 0,
            $"{outside.Length} of {Errors.Length} errors are outside of the window, such as {outside.FirstOrDefault()}, broken from {began:O} to {broken:O}");
    }

    /// <summary>The last time that somebody answered.</summary>
    public DateTimeOffset LastBy(string who) => Answers.Last(run => run.Who == who).Last;

    // The errors first: who reads only the beginning needs them most.
    public override string ToString() =>
        $"{Errors.Length} errors: {string.Join(", ", Errors.Take(5))}; {string.Join(", ", Answers.Select(run => $"{run.Count} by {run.Who} until {run.Last:HH:mm:ss.fff}"))}";
}
