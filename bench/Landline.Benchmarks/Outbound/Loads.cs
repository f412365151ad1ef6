using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Landline.Benchmarks.Networks;

namespace Landline.Benchmarks.Outbound;

/// <summary>The programs that make the load, run in the workstation's namespace.</summary>
/// <param name="load">Path of the program built from load.c.</param>
internal sealed partial class Loads(NamespacePair network, string load)
{
    private const string Seconds = "3";

    public async Task<double> GigabitsAsync(string address, int flows, bool reverse)
    {
        string[] direction = reverse ? ["-R"] : [];
        string output = await NamespacePair.RunAsync(
            network.Workstation, "iperf3", ["-c", address, "-t", Seconds, "-P", $"{flows}", "-J", .. direction]);
        using var report = JsonDocument.Parse(output);
        return report.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bits_per_second").GetDouble() / 1e9;
    }

    /// <summary>Median of a small request on an open connection, in microseconds.</summary>
    public Task<double> RequestAsync(string address) => LoadAsync("requests", address, Seconds, "p50");

    /// <summary>Median of connecting, one small request and closing, in microseconds.</summary>
    public Task<double> ConnectAsync(string address) => LoadAsync("connects", address, Seconds, "p50");

    /// <summary>Requests a second over 64 connections that stay open.</summary>
    public async Task<double> HttpRequestsAsync(string address)
    {
        string output = await NamespacePair.RunAsync(
            network.Workstation, "wrk", "-t1", "-c64", $"-d{Seconds}s", $"http://{address}:{Services.HttpPort}/");
        return output.Contains("Socket errors", StringComparison.Ordinal)
            ? throw new InvalidOperationException(output)
            : double.Parse(RequestRate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Seconds until so many connections were opened and each had its answer; none may fail.</summary>
    public Task<double> OpenAsync(string address, int count) => OpenAsync(address, count, static () => { });

    /// <param name="whileOpen">Called while all of them are open and idle.</param>
    public async Task<double> OpenAsync(string address, int count, Action whileOpen)
    {
        using System.Diagnostics.Process process = NamespacePair.Start(
            network.Workstation, load, "open", address, $"{Services.EchoPort}", $"{count}");
        string report = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
        whileOpen();
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return Value(report, "errors") + Value(report, "unanswered") > 0
            ? throw new InvalidOperationException(report)
            : Value(report, "elapsed") / 1e6;
    }

    private async Task<double> LoadAsync(string what, string address, string amount, string figure)
    {
        string report = await NamespacePair.RunAsync(network.Workstation, load, what, address, $"{Services.EchoPort}", amount);
        return Value(report, "errors") > 0 ? throw new InvalidOperationException(report) : Value(report, figure);
    }

    private static double Value(string report, string name)
    {
        string pair = report.Split(' ').Single(pair => pair.StartsWith($"{name}=", StringComparison.Ordinal));
        return double.Parse(pair.AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex RequestRate();
}
