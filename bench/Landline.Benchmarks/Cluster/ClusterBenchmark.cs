using System.Diagnostics;
using System.Globalization;
using Landline.Benchmarks.Networks;
using Landline.Benchmarks.Tables;

namespace Landline.Benchmarks.Cluster;

/// <summary>
/// The shipped programs in the lab's cluster, against what a developer would use without them. Laptop, API server, nodes
/// and pods share the machine's cores. Each sample has one of what it is compared with right before it.
/// </summary>
internal static class ClusterBenchmark
{
    private const int IdleConnections = 5000;
    private const int SlowLinkRoundTrip = 40;
    private const string Version = "landline version";
    private const string Connect = "landline connect";
    private const string Quit = "landline quit";
    private const string Download = "one download";
    private const string Request = "small request on an open connection, median";
    private const string FarDownload = "one download at 40 ms";
    private const string Opening = "5,000 connections opened and answered";
    private const string DaemonIdle = "memory of an idle connection, daemon";
    private const string ManagerIdle = "memory of an idle connection, manager";
    private const string DaemonResident = "daemon resident 15 s afterwards";
    private const string ManagerResident = "manager resident 15 s afterwards";

    private static readonly Line[] Lines =
    [
        new(Download, "MB/s", Routes.WebSocket, ">= 0.9"),
        new(Download, "MB/s", Routes.Kubectl, ">= 1.0 with several links"),
        new(Download, "MB/s", Routes.Plain, ""),
        new(Request, "us", Routes.Kubectl, "+ 150"),
        new(Request, "us", Routes.Plain, ""),
        new(FarDownload, "MB/s", Routes.Plain, ">= 0.9"),
        new(FarDownload, "MB/s", Routes.WebSocket, ""),
        new(Opening, "s", Routes.Plain, ""),
        new(DaemonIdle, "KiB", null, "<= 10"),
        new(ManagerIdle, "KiB", null, "<= 10"),
        new(DaemonResident, "MiB", null, "<= 80"),
        new(ManagerResident, "MiB", null, "<= 80"),
        new(Version, "s", null, "<= 0.1"),
        new(Connect, "s", null, "<= 1.0"),
        new(Quit, "s", null, ""),
    ];

    /// <param name="options">Root of the repository, path of the load program, samples of each figure.</param>
    public static async Task<int> RunAsync(string[] options)
    {
        var lab = new Lab(options[0]);
        int rounds = int.Parse(options[2], CultureInfo.InvariantCulture);
        var figures = new Figures();
        try
        {
            await MeasureCommandsAsync(lab, figures, rounds);
            await lab.LandlineAsync("connect", "--namespace", "landline-bench");
            Parties parties = await Parties.FindAsync(lab);
            await MeasureRoutesAsync(lab, options[1], figures, rounds);
            await MeasureOpeningAsync(lab, options[1], figures, parties);
            await MeasureFarAsync(lab, options[1], figures, rounds);
            await Task.Delay(ResidentMemory.Settles, TimeProvider.System);
            (double daemon, double manager) = parties.ResidentKibibytes();
            figures.Add(DaemonResident, Routes.Landline, daemon / 1024);
            figures.Add(ManagerResident, Routes.Landline, manager / 1024);
        }
        finally
        {
            await lab.LandlineAsync("quit", "--all");
        }

        Console.Write(figures.ToMarkdown(Routes.Landline, Lines));
        return 0;
    }

    private static async Task MeasureCommandsAsync(Lab lab, Figures figures, int rounds)
    {
        for (int round = 0; round <= rounds; round++)
        {
            double version = await TimeAsync(() => Command.RunAsync(lab.Landline, "version"));
            double connect = await TimeAsync(() => lab.LandlineAsync("connect", "--namespace", "landline-bench"));
            double quit = await TimeAsync(() => lab.LandlineAsync("quit"));

            // The first reads the program from the disk.
            if (round > 0)
            {
                figures.Add(Version, Routes.Landline, version);
                figures.Add(Connect, Routes.Landline, connect);
                figures.Add(Quit, Routes.Landline, quit);
            }
        }
    }

    private static async Task MeasureRoutesAsync(Lab lab, string load, Figures figures, int rounds)
    {
        await using Routes routes = await Routes.StartAsync(lab);
        string[] names = [Routes.Plain, Routes.Kubectl, Routes.WebSocket, Routes.Landline];
        for (int round = 0; round <= rounds; round++)
        {
            foreach (string name in names)
            {
                double download = await DownloadAsync(lab, load, routes[name]);
                double request = Value(await lab.OnLaptopAsync([load, .. routes[name].Requests]), "p50");

                // What is compiled, allocated and grown once is not what a running daemon does.
                if (round > 0)
                {
                    figures.Add(Download, name, download);
                    figures.Add(Request, name, request);
                }
            }

            await Console.Error.WriteLineAsync($"near: round {round} of {rounds}");
        }
    }

    private static async Task MeasureFarAsync(Lab lab, string load, Figures figures, int rounds)
    {
        try
        {
            await lab.RunAsync("link", "--delay", (SlowLinkRoundTrip / 2).ToString(CultureInfo.InvariantCulture));
            await lab.RunAsync("break-port-forward");    // as when one comes to another network: the session goes on over a new link
            await using Routes routes = await Routes.StartAsync(lab);
            for (int round = 1; round <= rounds; round++)
            {
                foreach (string name in (string[])[Routes.Plain, Routes.WebSocket, Routes.Landline])
                {
                    figures.Add(FarDownload, name, await DownloadAsync(lab, load, routes[name]));
                }

                await Console.Error.WriteLineAsync($"far: round {round} of {rounds}");
            }
        }
        finally
        {
            await lab.RunAsync("link", "off");
        }
    }

    private static async Task MeasureOpeningAsync(Lab lab, string load, Figures figures, Parties parties)
    {
        await using Routes routes = await Routes.StartAsync(lab);
        figures.Add(Opening, Routes.Plain, await OpenAsync(lab, load, routes[Routes.Plain], static () => { }));
        (double daemonBefore, double managerBefore) = parties.ResidentKibibytes();
        figures.Add(Opening, Routes.Landline, await OpenAsync(lab, load, routes[Routes.Landline], () =>
        {
            (double daemon, double manager) = parties.ResidentKibibytes();
            figures.Add(DaemonIdle, Routes.Landline, (daemon - daemonBefore) / IdleConnections);
            figures.Add(ManagerIdle, Routes.Landline, (manager - managerBefore) / IdleConnections);
        }));
    }

    /// <param name="whileOpen">Called while all of them are open and idle.</param>
    private static async Task<double> OpenAsync(Lab lab, string load, Route route, Action whileOpen)
    {
        using Process process = lab.StartOnLaptop([load, .. route.Open(IdleConnections)]);
        string report = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
        whileOpen();
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return Value(report, "errors") + Value(report, "unanswered") > 0
            ? throw new InvalidOperationException(report)
            : Value(report, "elapsed") / 1e6;
    }

    private static async Task<double> DownloadAsync(Lab lab, string load, Route route) =>
        Route.DownloadBytes / Value(await lab.OnLaptopAsync([load, .. route.Download]), "elapsed");

    private static async Task<double> TimeAsync(Func<Task> actAsync)
    {
        long started = TimeProvider.System.GetTimestamp();
        await actAsync();
        return TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    private static double Value(string report, string name)
    {
        string pair = report.Split(' ').Single(pair => pair.StartsWith($"{name}=", StringComparison.Ordinal));
        return double.Parse(pair.AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
    }
}
