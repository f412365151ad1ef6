using System.Globalization;
using Landline.Benchmarks.Networks;
using Landline.Benchmarks.Roles;
using Landline.Benchmarks.Tables;

namespace Landline.Benchmarks.Outbound;

/// <summary>
/// Packet engine and session over a direct TCP link, all on the same cores, against plain TCP over the same wire. Each
/// sample of a tunnel has one of the direct path right before it, so that what else the machine does hits both.
/// </summary>
internal static class OutboundBenchmark
{
    private const int IdleConnections = 5000;
    private const string Requests = "small request on an open connection, median";

    /// <param name="options">
    /// Path of the load program, how many samples to take of each figure, and which rows and paths to leave out: words
    /// that their names contain.
    /// </param>
    public static async Task<int> RunAsync(string[] options)
    {
        string load = options[0];
        int rounds = options.Length > 1 ? int.Parse(options[1], CultureInfo.InvariantCulture) : 3;
        await using NamespacePair network = await NamespacePair.CreateAsync();
        await using Services services = await Services.StartAsync(network, load);
        var loads = new Loads(network, load);
        string[] leftOut = options.Length > 2 ? options[2].Split(',') : [];
        Measure[] measures = [.. Measures(loads).Where(measure => !IsLeftOut(measure.Name))];
        var memory = new Measure("memory of an idle connection, engine", "KiB", "<= 10", static _ => throw new NotSupportedException());
        var relayMemory = memory with { Name = "memory of an idle connection, relay" };
        var resident = memory with { Name = "resident afterwards, engine", Unit = "MiB", Goal = "<= 80" };
        var relayResident = resident with { Name = "resident afterwards, relay" };
        var figures = new Figures();
        (string Path, string Baseline)[] paths = [("without TLS", "direct"), ("with TLS", "direct again")];
        paths = [.. paths.Where(path => !IsLeftOut(path.Path))];
        foreach ((string path, string baseline) in paths)
        {
            await using Tunnel tunnel = await Tunnel.StartAsync(network, plain: path == "without TLS");
            await WarmUpAsync(loads);
            await MeasureMemoryAsync(loads, tunnel, (engine, relay) =>
            {
                figures.Add(memory.Name, path, engine);
                figures.Add(relayMemory.Name, path, relay);
            });
            for (int round = 0; round < rounds; round++)
            {
                foreach (Measure measure in measures)
                {
                    figures.Add(measure.Name, baseline, await measure.TakeAsync(NamespacePair.DirectV4));
                    figures.Add(measure.Name, path, await measure.TakeAsync(NamespacePair.TunnelledV4));
                }

                await Console.Error.WriteLineAsync($"{path}: round {round + 1} of {rounds}");
            }

            figures.Add(resident.Name, path, tunnel.Engine.ResidentBytes() / 1048576.0);
            figures.Add(relayResident.Name, path, tunnel.Relay.ResidentBytes() / 1048576.0);
        }

        Console.Write(figures.ToMarkdown([.. measures, memory, relayMemory, resident, relayResident], paths));
        return 0;

        bool IsLeftOut(string name) => leftOut.Any(word => name.Contains(word, StringComparison.Ordinal));
    }

    private static Measure[] Measures(Loads loads) =>
    [
        new("one flow out", "Gbit/s", ">= 10, TLS >= 5", address => loads.GigabitsAsync(address, 1, reverse: false)),
        new("one flow back", "Gbit/s", "", address => loads.GigabitsAsync(address, 1, reverse: true)),
        new("eight flows out", "Gbit/s", "", address => loads.GigabitsAsync(address, 8, reverse: false)),
        new("eight flows back", "Gbit/s", "", address => loads.GigabitsAsync(address, 8, reverse: true)),
        new(Requests, "us", "direct + 35, TLS + 60", loads.RequestAsync),
        new("connect, request and close, median", "us", "", loads.ConnectAsync),
        new("HTTP requests on 64 connections", "1/s", ">= 70,000", loads.HttpRequestsAsync),
        new("5,000 connections opened and answered", "s", "<= 0.5", address => loads.OpenAsync(address, IdleConnections)),
    ];

    // What is compiled, allocated and grown once is not what a running daemon does.
    private static async Task WarmUpAsync(Loads loads)
    {
        await loads.GigabitsAsync(NamespacePair.TunnelledV4, 2, reverse: false);
        await loads.GigabitsAsync(NamespacePair.TunnelledV4, 2, reverse: true);
        await loads.ConnectAsync(NamespacePair.TunnelledV4);
        await loads.OpenAsync(NamespacePair.TunnelledV4, 500);
    }

    private static async Task MeasureMemoryAsync(Loads loads, Tunnel tunnel, Action<double, double> report)
    {
        long engine = tunnel.Engine.ResidentBytes();
        long relay = tunnel.Relay.ResidentBytes();
        await loads.OpenAsync(NamespacePair.TunnelledV4, IdleConnections, () => report(
            (tunnel.Engine.ResidentBytes() - engine) / 1024.0 / IdleConnections,
            (tunnel.Relay.ResidentBytes() - relay) / 1024.0 / IdleConnections));
    }
}
