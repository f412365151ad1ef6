using Landline.Benchmarks.Attachments;
using Landline.Benchmarks.Cluster;
using Landline.Benchmarks.Outbound;
using Landline.Benchmarks.Roles;

// Functional tests and the benchmarks themselves start "engine", "relay" and "forward" as processes of their own, each in
// its network namespace.
switch (args)
{
    case ["outbound", .. string[] options]:
        return await OutboundBenchmark.RunAsync(options);
    case ["cluster", .. string[] options]:
        return await ClusterBenchmark.RunAsync(options);
    case ["attach", .. string[] options]:
        return await AttachBenchmark.RunAsync(options);
    case ["forward", .. string[] options]:
        return await ForwardRole.RunAsync(options);
    case ["engine", .. string[] options]:
        return await EngineRole.RunAsync(options);
    case ["relay", .. string[] options]:
        return await RelayRole.RunAsync(options);
    default:
        await Console.Error.WriteLineAsync("usage: Landline.Benchmarks outbound|cluster|attach … (as root; bench/bench.sh prepares what they need)");
        return 2;
}
