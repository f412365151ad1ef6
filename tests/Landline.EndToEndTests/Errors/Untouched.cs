using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Errors;

/// <summary>What there is before a command that fails: the laptop's network, Landline's processes on it and a namespace's connections.</summary>
internal sealed class Untouched
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    private readonly LaptopState _laptop;
    private readonly int[] _processes;
    private readonly string _namespace;
    private readonly string _connections;

    private Untouched(LaptopState laptop, int[] processes, string @namespace, string connections) =>
        (_laptop, _processes, _namespace, _connections) = (laptop, processes, @namespace, connections);

    public static async Task<Untouched> SeeAsync(string @namespace) =>
        new(await LaptopState.ReadAsync(), await ProcessesAsync(), @namespace, await ConnectionsAsync(@namespace));

    public async Task AssertAsync()
    {
        await LaptopState.AssertIsAgainAsync(_laptop);
        await Eventually.PassesAsync(Soon, async () => Assert.Equal(_processes, await ProcessesAsync()));
        Assert.Equal(_connections, await ConnectionsAsync(_namespace));
    }

    private static async Task<int[]> ProcessesAsync() =>
        [.. (await LaptopProcesses.DaemonsAsync()).Concat(await LaptopProcesses.HelpersAsync()).Order()];

    private static Task<string> ConnectionsAsync(string @namespace) =>
        Kubectl.SucceedAsync("-n", @namespace, "get", "connections.landline.dev", "-o", "name");
}
