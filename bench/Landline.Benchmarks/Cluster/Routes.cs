using System.Diagnostics;
using System.Globalization;
using Landline.Benchmarks.Networks;

namespace Landline.Benchmarks.Cluster;

/// <summary>
/// The ways to the pod that are compared: Landline's connection, kubectl's port-forward, a port-forward over bare
/// WebSockets, and plain TCP to a port of the node. Disposing ends the port-forwards.
/// </summary>
internal sealed class Routes : IAsyncDisposable
{
    public const string Landline = "landline";
    public const string Kubectl = "kubectl port-forward";
    public const string WebSocket = "bare WebSocket";
    public const string Plain = "plain TCP";

    private const string Namespace = "landline-bench";
    private const string Node = "198.51.100.1";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, Route> _routes = [];
    private readonly List<Process> _forwards = [];

    public Route this[string name] => _routes[name];

    public static async Task<Routes> StartAsync(Lab lab)
    {
        var routes = new Routes();
        try
        {
            string address = await QueryAsync(lab, "service/load", "{.spec.clusterIP}");
            string[] ports = (await QueryAsync(lab, "service/load", "{.spec.ports[*].nodePort}")).Split(' ');
            string pod = await QueryAsync(lab, "pod", "{.items[0].metadata.name}");
            routes.Add(new Route(Landline, address, 9000, 9001));
            routes.Add(new Route(Plain, Node, Number(ports[0]), Number(ports[1])));
            await routes.ForwardAsync(
                new Route(Kubectl, "127.0.0.1", 19000, 19001),
                lab.StartOnLaptop("kubectl", "-n", Namespace, "port-forward", $"pod/{pod}", "19000:9000", "19001:9001"));
            await routes.ForwardAsync(
                new Route(WebSocket, "127.0.0.1", 29000, 29001),
                lab.StartOnLaptop(Environment.ProcessPath!, "forward", Namespace, pod, "29000", "9000", "29001", "9001"));
            return routes;
        }
        catch
        {
            await routes.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Process forward in _forwards)
        {
            forward.Kill(entireProcessTree: true);
            await forward.WaitForExitAsync();
            forward.Dispose();
        }
    }

    private void Add(Route route) => _routes.Add(route.Name, route);

    // Both say a line when they listen.
    private async Task ForwardAsync(Route route, Process process)
    {
        _forwards.Add(process);
        string? line = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        if (line is null)
        {
            throw new InvalidOperationException($"{route.Name}: {await process.StandardError.ReadToEndAsync()}");
        }

        Add(route);
    }

    private static Task<string> QueryAsync(Lab lab, string what, string path) =>
        lab.KubectlAsync("-n", Namespace, "get", what, "-o", $"jsonpath={path}");

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
