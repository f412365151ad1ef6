using Landline.Benchmarks.Outbound;
using Landline.Benchmarks.Roles;

// Functional tests and the benchmark itself start "engine" and "relay" as processes of their own, each in its network
// namespace.
switch (args)
{
    case ["outbound", .. string[] options]:
        return await OutboundBenchmark.RunAsync(options);
    case ["engine", .. string[] options]:
        return await EngineRole.RunAsync(options);
    case ["relay", .. string[] options]:
        return await RelayRole.RunAsync(options);
    default:
        await Console.Error.WriteLineAsync("usage: Landline.Benchmarks outbound [ROUNDS] (as root; bench/bench.sh prepares what it needs)");
        return 2;
}
