namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// All that a connection changes on a machine: resolver, devices, addresses, routes, rules and packet filter. Two of them are equal when
/// nothing was left behind.
/// </summary>
internal sealed record LaptopState(string Resolver, string Devices, string Routes, string Rules, string Filter)
{
    public static async Task<LaptopState> ReadAsync() => new(
        await Laptop.Root.SucceedAsync("cat", "/etc/resolv.conf"),
        await ReadAsync("ip -brief -color=never address show | sed 's/@[^ ]*//'"),
        await ReadAsync("ip route show table all; ip -6 route show table all | sed 's/ expires [0-9]*sec//'"),
        await ReadAsync("ip rule show; ip -6 rule show"),
        await ReadAsync("nft list ruleset"));

    /// <summary>Promise 3: everything is as before within two seconds.</summary>
    public static Task AssertIsAgainAsync(LaptopState before) =>
        Eventually.PassesAsync(TimeSpan.FromSeconds(2), async () => Assert.Equal(before, await ReadAsync()));

    private static Task<string> ReadAsync(string script) => Laptop.Root.SucceedAsync("sh", "-c", script);
}
