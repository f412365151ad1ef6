using System.Diagnostics;
using System.Text.RegularExpressions;
using Landline.Networking.Processes;
using Landline.TestSupport;

namespace Landline.FunctionalTests.NetHelper;

/// <summary>
/// A machine to break: a network namespace with one device, and a mount namespace with a resolv.conf (a bind mount,
/// as in containers), a /run/landline and a /var/lib/landline of its own. Gone on disposal.
/// </summary>
internal sealed partial class Workstation : IAsyncDisposable
{
    public const string OriginalResolvConf = "# by hand\nnameserver 192.0.2.53\nsearch corp.example\noptions timeout:10\n";

    private readonly Process _holder;
    private readonly List<Process> _started = [];

    private Workstation(Process holder, string directory) => (_holder, Folder) = (holder, directory);

    /// <summary>For sockets and files of the test; the same path inside and outside.</summary>
    public string Folder { get; }

    public string ResolvConf => File.ReadAllText(ResolvConfPath);

    public string ResolvConfPath => Path.Combine(Folder, "resolv.conf");

    /// <summary>The file system as the machine sees it.</summary>
    public string Root => $"/proc/{_holder.Id}/root";

    public string NetworkNamespace => $"/proc/{_holder.Id}/ns/net";

    public static async Task<Workstation> StartAsync()
    {
        string directory = Directory.CreateTempSubdirectory("landline-").FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "resolv.conf"), OriginalResolvConf, Deadline.Token);
        string script = $"""
            set -e
            mkdir -p /run/landline /var/lib/landline
            mount --make-rprivate /
            mount -t tmpfs none /run/landline
            mount -t tmpfs none /var/lib/landline
            mount --bind {directory}/resolv.conf /etc/resolv.conf
            ip link set lo up
            ip link add eth0 type veth peer name far0
            echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6
            echo 1 > /proc/sys/net/ipv6/conf/far0/disable_ipv6
            ip link set far0 up
            ip addr add 192.0.2.10/24 dev eth0
            ip link set eth0 up
            ip route add default via 192.0.2.1
            ip route add 10.200.0.0/16 via 192.0.2.1
            echo up
            exec sleep infinity
            """;
        Process holder = Start("unshare", ["--net", "--mount", "--kill-child=KILL", "sh", "-c", script], environment: null);
        Assert.Equal("up", await holder.StandardOutput.ReadLineAsync(Deadline.Token));
        return new Workstation(holder, directory);
    }

    /// <summary>Starts this program in a role (see <see cref="TestRole"/>) on the machine.</summary>
    public Process StartRole(params string[] role)
    {
        Process process = Start(
            "nsenter", ["-t", Id, "--net", "--mount", TestRole.Program], string.Join(' ', role));
        _started.Add(process);
        return process;
    }

    /// <summary>Runs a command on the machine and gives what it wrote.</summary>
    public async Task<string> RunAsync(params string[] command)
    {
        SystemTool result = await SystemTool.RunAsync(
            "nsenter", ["-t", Id, "--net", "--mount", .. command], string.Empty, TimeSpan.FromSeconds(20), Deadline.Token);
        return result.Output + result.Error;
    }

    /// <summary>Devices, addresses, routes and resolver: what promise 3 is about.</summary>
    /// <remarks>
    /// A device's operational state is left out: the kernel reports a new link's carrier a moment after it is up
    /// (Documentation/networking/operstates.rst), whatever a helper does.
    /// </remarks>
    public async Task<string> StateAsync() => string.Join(
        '\n',
        OperationalState().Replace(await RunAsync("ip", "-brief", "addr"), " "),
        await RunAsync("ip", "route", "show", "table", "all"),
        await RunAsync("ip", "-6", "route", "show", "table", "all"),
        ResolvConf);

    /// <summary>
    /// The machine is as it was, or will soon be. That promise 3's two seconds are enough is for the end-to-end tests to see: a
    /// look is three processes here, which alone may take as long on a busy machine.
    /// </summary>
    public async Task AssertPutBackAsync(string before)
    {
        CancellationToken deadline = Deadline.Token;
        string now;
        while (((now = await StateAsync()) != before || HasJournal) && !deadline.IsCancellationRequested)
        {
            await Task.Yield();
        }

        Assert.Equal(before, now);
        Assert.False(HasJournal);
    }

    // The last thing that goes: it says what would still have to be put back.
    private bool HasJournal => File.Exists(Root + "/run/landline/resolver.json") || File.Exists(Root + "/var/lib/landline/resolver.json");

    [GeneratedRegex(@" +(UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT) +")]
    private static partial Regex OperationalState();

    public async ValueTask DisposeAsync()
    {
        foreach (Process process in (Process[])[.. _started, _holder])
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(Deadline.Token);
            process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private string Id => _holder.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static Process Start(string name, IReadOnlyList<string> arguments, string? environment)
    {
        var start = new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true };
        if (environment is not null)
        {
            start.Environment[TestRole.Variable] = environment;
        }

        return Process.Start(start)!;
    }
}
