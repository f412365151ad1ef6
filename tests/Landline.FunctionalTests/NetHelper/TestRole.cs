using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using Landline.Daemon.NetHelper;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.NetHelper;

/// <summary>
/// Lets this very program be the process under test: with the variable set it is a net helper, or a daemon that has
/// one, instead of a test runner. So kill -9 hits a real process.
/// </summary>
internal static class TestRole
{
    public const string Variable = "LANDLINE_TEST_ROLE";
    public const string Helper = "net-helper";
    public const string Repair = "repair";
    public const string Daemon = "daemon";

    /// <summary>What the daemon writes when the network is up.</summary>
    public const string Ready = "ready";

    public static string Program => Path.Combine(AppContext.BaseDirectory, "Landline.FunctionalTests");

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Runs before the test runner's Main, which is the point.")]
    internal static void Start()
    {
        string[] words = Environment.GetEnvironmentVariable(Variable)?.Split(' ') ?? [];
        int? exitCode = words switch
        {
            [Helper, { } socket] => RunHelper(new NetHelperOptions(socket, Repair: false)),
            [Repair] => RunHelper(new NetHelperOptions(null, Repair: true)),
            [Daemon, { } socket] => RunDaemon(socket),
            _ => null,
        };
        if (exitCode is { } code)
        {
            Environment.Exit(code);
        }
    }

    public static NetworkSetup Setup(string connection, int number, params string[] routes) => new(
        connection,
        "landline",
        [new DeviceAddress(IPAddress.Parse($"100.64.{number}.1"), 30), new DeviceAddress(IPAddress.Parse($"fd64:{number}::1"), 126)],
        Mtu: 1500,
        TransmitQueueLength: 30000,
        new RouteSettings([.. routes.Select(IPNetwork.Parse)], [], []),
        new DnsSettings(
            IPAddress.Parse($"100.64.{number}.1"),
            [$"{connection}.svc.cluster.local", "svc.cluster.local", "cluster.local"],
            ["cluster.local"]));

    private static int RunHelper(NetHelperOptions options) =>
        Wait(NetHelperProgram.RunAsync(options, Console.Error, CancellationToken.None));

    private static int RunDaemon(string socket)
    {
        NetHelperClient client = NetHelperClient.Listen(socket, TimeProvider.System, NullLogger.Instance);
        Console.WriteLine("listening");
        Wait(client.WaitForHelperAsync(TimeSpan.FromSeconds(20), CancellationToken.None));
        using NetworkHandover network = Wait(
            client.SetUpAsync(Setup("killed", 9, "10.96.0.0/16", "fd96::/108"), CancellationToken.None));
        Console.WriteLine(Ready);
        Wait(client.Lost);
        return 0;
    }

    // Code of this module runs on the initializer's thread only until that has returned: nothing here may be async.
    [SuppressMessage("Usage", "VSTHRD002", Justification = "A Main of its own.")]
    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    [SuppressMessage("Usage", "VSTHRD002", Justification = "A Main of its own.")]
    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
