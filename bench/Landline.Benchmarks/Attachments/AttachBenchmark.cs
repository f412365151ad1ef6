using System.Globalization;
using Landline.Benchmarks.Networks;
using Landline.Benchmarks.Tables;

namespace Landline.Benchmarks.Attachments;

/// <summary>
/// What attaching costs in the lab's cluster: a pod on one node calls a workload of ten pods on the other, by way of the
/// shipped programs and without them. Everything shares the machine's cores.
/// </summary>
internal static class AttachBenchmark
{
    private const string Namespace = "landline-bench";
    private const string Workload = "web";
    private const string HandlerPort = "8080:8080";

    private const string Original = "no agent";
    private const string Unmatched = "unmatched request";
    private const string Intercepted = "intercepted";
    private const string Wiretapped = "wiretapped";
    private const string Connected = "from the workstation to a pod";
    private const string Attached = "attached";

    private const string Latency = "request on an open connection, median";
    private const string Rate = "requests on 32 connections";
    private const string PacedLatency = "request when 2,000 a second come, median";
    private const string PacedRate = "requests when 2,000 a second come";
    private const string Download = "one download";
    private const string Cold = "intercept where no agent runs";
    private const string Warm = "intercept with an agent there";
    private const string Detach = "detach";
    private const string Agent = "agent resident 15 s afterwards, ten attached pods";
    private const string Manager = "manager resident 15 s afterwards";

    private static readonly (string Path, Line Line)[] Lines =
    [
        (Unmatched, new(Latency, "us", Original, "+ 150")),
        (Unmatched, new(Rate, "1/s", Original, ">= 10,000")),
        (Intercepted, new(Latency, "us", Original, "+ 2 round trips + 300")),
        (Intercepted, new(Rate, "1/s", Original, ">= 5,000")),
        (Connected, new(Latency, "us", null, "a session's round trip")),
        (Wiretapped, new(Latency, "us", Original, "")),
        (Wiretapped, new(Rate, "1/s", Original, ">= 0.95")),
        (Wiretapped, new(PacedLatency, "us", Original, "")),
        (Wiretapped, new(PacedRate, "1/s", Original, ">= 0.95")),
        (Wiretapped, new(Download, "MB/s", Original, ">= 0.95")),
        (Attached, new(Cold, "s", null, "<= 6")),
        (Attached, new(Warm, "s", null, "<= 1.0")),
        (Attached, new(Detach, "s", null, "<= 0.5")),
        (Attached, new(Agent, "MiB", null, "<= 60")),
        (Attached, new(Manager, "MiB", null, "<= 80")),
    ];

    /// <param name="options">Root of the repository, folder with the handler's nginx.conf, samples of each figure.</param>
    public static async Task<int> RunAsync(string[] options)
    {
        var lab = new Lab(options[0]);
        int rounds = int.Parse(options[2], CultureInfo.InvariantCulture);
        var figures = new Figures();
        using var handler = new RunningProcess(lab.StartOnLaptop("nginx", "-p", options[1], "-c", "nginx.conf", "-e", "stderr"));
        try
        {
            await lab.LandlineAsync("connect", "--namespace", Namespace);
            for (int round = 0; round <= rounds; round++)
            {
                // What is compiled, allocated and grown once is not what running programs do.
                await MeasureAsync(lab, round == 0 ? new Figures() : figures);
                await Console.Error.WriteLineAsync($"attach: round {round} of {rounds}");
            }

            await MeasureMemoryAsync(lab, figures);
        }
        finally
        {
            await lab.LandlineAsync("quit", "--all");
        }

        Console.Write(figures.ToMarkdown(Lines));
        return 0;
    }

    private static async Task MeasureAsync(Lab lab, Figures figures)
    {
        await lab.KubectlAsync("-n", "landline", "delete", "pod", "-l", "app.kubernetes.io/name=landline-agent", "--wait=true");
        figures.Add(Cold, Attached, await TimeAsync(() => AttachAsync(lab, "intercept", "-p", HandlerPort)));
        await DetachAsync(lab, figures);
        await CallAsync(lab, figures, Original);
        await CallPacedAsync(lab, figures, Original);

        figures.Add(Warm, Attached, await TimeAsync(() => AttachAsync(lab, "intercept", "-p", HandlerPort, "--http-header", "x-user=alice")));
        await CallAsync(lab, figures, Unmatched);
        await DetachAsync(lab, figures);

        figures.Add(Warm, Attached, await TimeAsync(() => AttachAsync(lab, "intercept", "-p", HandlerPort)));
        await CallAsync(lab, figures, Intercepted);
        figures.Add(Latency, Connected, await RoundTripAsync(lab));
        await DetachAsync(lab, figures);

        figures.Add(Download, Original, await DownloadAsync(lab));
        await AttachAsync(lab, "wiretap", "-p", "8080:8080", "-p", "8080:9001");
        await CallAsync(lab, figures, Wiretapped);
        await CallPacedAsync(lab, figures, Wiretapped);
        figures.Add(Download, Wiretapped, await DownloadAsync(lab));
        await DetachAsync(lab, figures);
    }

    private static async Task MeasureMemoryAsync(Lab lab, Figures figures)
    {
        await AttachAsync(lab, "intercept", "-p", HandlerPort);
        await Task.Delay(ResidentMemory.Settles, TimeProvider.System);
        figures.Add(Agent, Attached, await ResidentMebibytesAsync(lab, "landline-agent"));
        figures.Add(Manager, Attached, await ResidentMebibytesAsync(lab, "landline-manager"));
        await lab.LandlineAsync("detach", Workload);
    }

    private static async Task CallAsync(Lab lab, Figures figures, string path)
    {
        figures.Add(Latency, path, (await WrkAsync(lab, 1)).Microseconds);
        figures.Add(Rate, path, (await WrkAsync(lab, 32)).Rate);
    }

    private static Task<string> AttachAsync(Lab lab, string how, params string[] options) =>
        lab.LandlineAsync([how, Workload, "--mount", "false", .. options]);

    private static async Task DetachAsync(Lab lab, Figures figures) =>
        figures.Add(Detach, Attached, await TimeAsync(() => lab.LandlineAsync("detach", Workload)));

    private static async Task<WrkReport> WrkAsync(Lab lab, int connections) => WrkReport.Parse(await lab.KubectlAsync(
        "-n", Namespace, "exec", "caller", "--", "wrk", "-t1", $"-c{connections}", "-d3s", "--latency", $"http://{Workload}:8080/"));

    private static async Task CallPacedAsync(Lab lab, Figures figures, string path)
    {
        string report = await LoadAsync(lab, "paced", 8080, 2000);
        figures.Add(PacedLatency, path, Value(report, "p50"));
        figures.Add(PacedRate, path, Value(report, "rate"));
    }

    private static async Task<double> DownloadAsync(Lab lab)
    {
        const int bytes = 400_000_000;    // as the pods send it; see attach/web.yaml
        return bytes / Value(await LoadAsync(lab, "download", 9001, bytes), "elapsed");
    }

    // load.c, in the pod that calls.
    private static async Task<string> LoadAsync(Lab lab, string what, int port, int amount)
    {
        string address = await lab.KubectlAsync("-n", Namespace, "get", "service", Workload, "-o", "jsonpath={.spec.clusterIP}");
        return await lab.KubectlAsync("-n", Namespace, "exec", "caller", "--", "/load", what, address, $"{port}", $"{amount}");
    }

    private static double Value(string report, string name)
    {
        string pair = report.Split(' ').Single(pair => pair.StartsWith($"{name}=", StringComparison.Ordinal));
        return double.Parse(pair.AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
    }

    // The same request, the other way through the session, to a pod that is not attached to.
    private static async Task<double> RoundTripAsync(Lab lab)
    {
        string address = await lab.KubectlAsync("-n", Namespace, "get", "pod", "caller", "-o", "jsonpath={.status.podIP}");
        return WrkReport.Parse(await lab.OnLaptopAsync("wrk", "-t1", "-c1", "-d3s", "--latency", $"http://{address}:8080/")).Microseconds;
    }

    private static async Task<double> ResidentMebibytesAsync(Lab lab, string name)
    {
        string pod = await lab.KubectlAsync(
            "-n", "landline", "get", "pod", "-l", $"app.kubernetes.io/name={name}",
            "--field-selector=status.phase=Running", "-o", "jsonpath={.items[0].metadata.name}");
        string process = await lab.RunAsync("pod-netns", "landline", pod);
        return ResidentMemory.Kibibytes(int.Parse(process, CultureInfo.InvariantCulture)) / 1024;
    }

    private static async Task<double> TimeAsync(Func<Task> actAsync)
    {
        long started = TimeProvider.System.GetTimestamp();
        await actAsync();
        return TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }
}
