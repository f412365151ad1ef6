using Landline.Benchmarks.Networks;

namespace Landline.Benchmarks.Roles;

/// <summary>A relay in the cluster's namespace and an engine in the workstation's, connected over the wire between them.</summary>
internal sealed class Tunnel : IAsyncDisposable
{
    private const string RelayEndPoint = $"{NamespacePair.ClusterAddress}:7070";

    private Tunnel(RoleProcess relay, RoleProcess engine) => (Relay, Engine) = (relay, engine);

    public RoleProcess Relay { get; }

    public RoleProcess Engine { get; }

    /// <param name="plain">Without TLS, which no program of the product does.</param>
    public static async Task<Tunnel> StartAsync(NamespacePair network, bool plain)
    {
        string protection = plain ? "plain" : "tls";
        RoleProcess relay = await RoleProcess.StartAsync(network.Cluster, "relay", RelayEndPoint, protection);
        try
        {
            return new Tunnel(
                relay, await RoleProcess.StartAsync(network.Workstation, "engine", RelayEndPoint, protection, relay.Ready[0]));
        }
        catch
        {
            await relay.DisposeAsync();
            throw;
        }
    }

    /// <summary>One of the engine's counters, by name.</summary>
    public async Task<long> CounterAsync(string name)
    {
        string[] counters = (await Engine.AskAsync("counters")).Split(' ');
        string value = counters.Single(counter => counter.StartsWith($"{name}=", StringComparison.Ordinal));
        return long.Parse(value[(name.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await Relay.DisposeAsync();
    }
}
