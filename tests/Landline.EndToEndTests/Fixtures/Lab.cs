namespace Landline.EndToEndTests.Fixtures;

/// <summary>The lab's command line.</summary>
internal static class Lab
{
    public const string ApiServer = "https://198.51.100.1:6443";
    public const string CloudAddress = "198.51.100.250";
    public const string CloudAddressV6 = "2001:db8:100::250";
    /// <summary>As <c>lab node</c> calls them.</summary>
    public static readonly string[] Nodes = ["1", "2"];

    public const string State = "/var/lib/lab";

    private static readonly string Program = Path.Combine(SourceTree.Root, "lab", "lab");

    /// <summary>This file appears as the last step of bringing the lab up.</summary>
    public static bool IsUp => Environment.IsPrivilegedProcess && File.Exists(AdminKubeconfig);

    public static string AdminKubeconfig => KubeconfigOf("admin");

    public static string KubeconfigOf(string user) => $"{State}/{user}.kubeconfig";

    public static Task<ProgramResult> RunAsync(params IEnumerable<string> arguments) =>
        ProgramRun.ToEndAsync(Program, arguments);

    public static Task<ProgramResult> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment, string? input = null) =>
        ProgramRun.ToEndAsync(Program, arguments, environment, input);

    public static ProgramRun Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment) =>
        ProgramRun.Start(Program, arguments, environment);

    public static async Task CutAsync() => (await RunAsync("cut")).Succeeded();

    public static async Task HealAsync() => (await RunAsync("heal")).Succeeded();

    public static async Task BreakPortForwardAsync() => (await RunAsync("break-port-forward")).Succeeded();
}
