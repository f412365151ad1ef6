namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// All that a connection changes on a machine: resolver, devices, addresses, routes, rules and packet filter. Two of them are equal when
/// nothing was left behind.
/// </summary>
internal sealed record LaptopState(string Resolver, string Devices, string Routes, string Rules, string Filter)
{
    private const string Next = "-- next --";

    // In one process, since a test looks more than once within two seconds.
    private static readonly string Script = string.Join(
        $"\necho '{Next}'\n",
        "cat /etc/resolv.conf",
        "ip -brief -color=never address show | sed 's/@[^ ]*//'",
        "ip route show table all; ip -6 route show table all | sed 's/ expires [0-9]*sec//'",
        "ip rule show; ip -6 rule show",
        "nft list ruleset");

    public static async Task<LaptopState> ReadAsync()
    {
        string[] parts = (await Laptop.Root.SucceedAsync("sh", "-ec", Script)).Split(Next);
        return new LaptopState(parts[0], parts[1], parts[2], parts[3], parts[4]);
    }

    /// <summary>Promise 3: everything is as before within two seconds.</summary>
    public static Task AssertIsAgainAsync(LaptopState before) =>
        Eventually.PassesAsync(TimeSpan.FromSeconds(2), async () => Assert.Equal(before, await ReadAsync()));
}
