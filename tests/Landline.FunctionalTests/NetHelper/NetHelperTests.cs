using System.Diagnostics;
using System.Net.Sockets;
using Landline.Daemon.NetHelper;
using Landline.Networking.Dns.SystemSettings;
using Landline.Networking.Processes;
using Landline.Protocol.Errors;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.NetHelper;

public sealed class NetHelperTests : IAsyncLifetime
{
    private Workstation _machine = null!;
    private string _before = string.Empty;

    public async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            _machine = await Workstation.StartAsync();
            _before = await _machine.StateAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_machine is not null)
        {
            await _machine.DisposeAsync();
        }
    }

    [RootFact]
    public async Task Setting_up_gives_a_device_with_routes_and_a_resolver_and_tearing_down_takes_them_away()
    {
        (NetHelperClient client, Process helper) = await StartHelperAsync("a");
        await using (client)
        {
            using NetworkHandover network = await client.SetUpAsync(
                TestRole.Setup("a", 1, "10.96.0.0/16", "10.244.0.0/16", "fd96::/108"), Deadline.Token);

            Assert.Equal("landline0", network.DeviceName);
            Assert.Equal(ResolverKind.ResolvConf, network.Resolver);
            string state = await _machine.StateAsync();
            Assert.Contains("10.96.0.0/16 dev landline0", state, StringComparison.Ordinal);
            Assert.Contains("10.244.0.0/16 dev landline0", state, StringComparison.Ordinal);
            Assert.Contains("fd96::/108 dev landline0", state, StringComparison.Ordinal);
            Assert.Contains("nameserver 100.64.1.1\n", state, StringComparison.Ordinal);
            Assert.Contains("search a.svc.cluster.local svc.cluster.local cluster.local corp.example\n", state, StringComparison.Ordinal);
            Assert.Contains("\noptions timeout:10\n", state, StringComparison.Ordinal);
            Assert.Contains("qlen 30000", await _machine.RunAsync("ip", "link", "show", "landline0"), StringComparison.Ordinal);

            await client.TearDownAsync(Deadline.Token);
        }

        await _machine.AssertPutBackAsync(_before);
        await helper.WaitForExitAsync(Deadline.Token);
        Assert.Equal(0, helper.ExitCode);
    }

    [RootFact]
    public async Task Killing_the_daemon_puts_the_machine_back()
    {
        (Process daemon, Process helper) = await StartDaemonAsync();
        Assert.NotEqual(_before, await _machine.StateAsync());

        daemon.Kill();

        await _machine.AssertPutBackAsync(_before);
        await helper.WaitForExitAsync(Deadline.Token);
    }

    [RootFact]
    public async Task Killing_the_helper_removes_the_device_and_a_repair_the_rest()
    {
        (NetHelperClient client, Process helper) = await StartHelperAsync("a");
        await using NetHelperClient _ = client;
        NetworkHandover network = await client.SetUpAsync(TestRole.Setup("a", 1, "10.96.0.0/16"), Deadline.Token);

        KillRole(helper);
        await client.Lost.WaitAsync(Deadline.Token);
        network.Dispose();

        Assert.DoesNotContain("landline0", await _machine.RunAsync("ip", "-brief", "addr"), StringComparison.Ordinal);
        Assert.True(NeedsRepair());
        await RepairAsync();
        Assert.False(NeedsRepair());
        await _machine.AssertPutBackAsync(_before);
    }

    [RootFact]
    public async Task Killing_both_leaves_what_a_repair_puts_back()
    {
        (Process daemon, Process helper) = await StartDaemonAsync();

        KillRole(helper);
        daemon.Kill();
        await daemon.WaitForExitAsync(Deadline.Token);

        Assert.True(NeedsRepair());
        await RepairAsync();
        await _machine.AssertPutBackAsync(_before);
    }

    [RootFact]
    public async Task A_reboot_that_empties_run_is_repaired_from_the_copy()
    {
        (Process daemon, Process helper) = await StartDaemonAsync();
        KillRole(helper);
        daemon.Kill();
        await daemon.WaitForExitAsync(Deadline.Token);

        File.Delete(_machine.Root + "/run/landline/resolver.json");

        Assert.True(NeedsRepair());
        await RepairAsync();
        await _machine.AssertPutBackAsync(_before);
    }

    [RootFact]
    public async Task A_stopped_terminal_does_not_end_the_helper_but_a_shutdown_does()
    {
        (Process daemon, Process helper) = await StartDaemonAsync();
        string up = await _machine.StateAsync();
        string id = helper.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);

        await SystemTool.CheckedAsync("kill", ["-HUP", id], string.Empty, TimeSpan.FromSeconds(60), Deadline.Token);
        await SystemTool.CheckedAsync("kill", ["-INT", id], string.Empty, TimeSpan.FromSeconds(60), Deadline.Token);
        Assert.Equal(up, await _machine.StateAsync());
        Assert.False(helper.HasExited);

        await SystemTool.CheckedAsync("kill", ["-TERM", id], string.Empty, TimeSpan.FromSeconds(60), Deadline.Token);
        await _machine.AssertPutBackAsync(_before);
        await daemon.WaitForExitAsync(Deadline.Token);
    }

    [RootFact]
    public async Task A_taken_route_is_refused_with_its_device_and_nothing_is_left_behind()
    {
        (NetHelperClient client, Process _) = await StartHelperAsync("a");
        await using NetHelperClient owned = client;

        var error = await Assert.ThrowsAsync<UserErrorException>(
            () => client.SetUpAsync(TestRole.Setup("a", 1, "10.200.4.0/24"), Deadline.Token));

        Assert.Equal("route-overlap", error.Code);
        Assert.Contains("10.200.0.0/16 on eth0", error.Message, StringComparison.Ordinal);
        Assert.Contains("--also-proxy 10.200.4.0/24", error.Hint, StringComparison.Ordinal);
        await _machine.AssertPutBackAsync(_before);
    }

    [RootFact]
    public async Task A_device_address_that_somebody_took_at_the_same_moment_is_refused_and_a_wide_route_round_it_is_not()
    {
        (NetHelperClient client, Process _) = await StartHelperAsync("a");
        await using NetHelperClient owned = client;
        await _machine.RunAsync("ip", "route", "add", "100.64.1.2/32", "via", "192.0.2.1");

        var error = await Assert.ThrowsAsync<UserErrorException>(
            () => client.SetUpAsync(TestRole.Setup("a", 1, "10.96.0.0/16"), Deadline.Token));
        await _machine.RunAsync("ip", "route", "del", "100.64.1.2/32");
        await _machine.RunAsync("ip", "route", "add", "64.0.0.0/2", "via", "192.0.2.1");

        Assert.Equal("address-overlap", error.Code);
        using NetworkHandover network = await client.SetUpAsync(TestRole.Setup("a", 1, "10.96.0.0/16"), Deadline.Token);
    }

    [RootFact]
    public async Task What_the_user_insists_on_may_take_a_part_of_a_wider_route()
    {
        (NetHelperClient client, Process _) = await StartHelperAsync("a");
        await using NetHelperClient owned = client;
        NetworkSetup setup = TestRole.Setup("a", 1, "10.200.4.0/24");

        using NetworkHandover network = await client.SetUpAsync(
            setup with { Routes = setup.Routes with { MayTakeOver = setup.Routes.Subnets } }, Deadline.Token);

        Assert.Contains(
            "dev landline0", await _machine.RunAsync("ip", "route", "get", "10.200.4.5"), StringComparison.Ordinal);
    }

    [RootFact]
    public async Task Updating_replaces_routes_or_leaves_all_as_they_were()
    {
        (NetHelperClient client, Process _) = await StartHelperAsync("a");
        await using NetHelperClient owned = client;
        NetworkSetup setup = TestRole.Setup("a", 1, "10.96.0.0/16", "10.244.0.0/24");
        using NetworkHandover network = await client.SetUpAsync(setup, Deadline.Token);

        RouteSettings more = TestRole.Setup("a", 1, "10.96.0.0/16", "10.244.1.0/24").Routes;
        await client.UpdateAsync(more, setup.Dns with { SearchDomains = ["other.example"] }, Deadline.Token);
        string updated = await _machine.StateAsync();
        Assert.Contains("10.244.1.0/24 dev landline0", updated, StringComparison.Ordinal);
        Assert.DoesNotContain("10.244.0.0/24", updated, StringComparison.Ordinal);
        Assert.Contains("search other.example corp.example\n", updated, StringComparison.Ordinal);

        RouteSettings taken = TestRole.Setup("a", 1, "10.97.0.0/16", "10.200.0.0/24").Routes;
        await Assert.ThrowsAsync<UserErrorException>(() => client.UpdateAsync(taken, setup.Dns, Deadline.Token));
        Assert.Equal(updated, await _machine.StateAsync());
    }

    [RootFact]
    public async Task Two_connections_may_leave_in_either_order()
    {
        foreach (bool firstLeavesFirst in (bool[])[true, false])
        {
            (NetHelperClient first, Process _) = await StartHelperAsync("first");
            (NetHelperClient second, Process _) = await StartHelperAsync("second");
            using NetworkHandover one = await first.SetUpAsync(TestRole.Setup("first", 1, "10.96.0.0/16"), Deadline.Token);
            string withOne = await _machine.StateAsync();
            using NetworkHandover two = await second.SetUpAsync(TestRole.Setup("second", 2, "10.97.0.0/16"), Deadline.Token);

            Assert.Equal("landline1", two.DeviceName);
            Assert.Equal("100.64.1.1", Assert.Single(Journal().ServersBelow(two.DnsEndPoint.Address)).ToString());
            Assert.Equal("192.0.2.53", Assert.Single(Journal().ServersBelow(one.DnsEndPoint.Address)).ToString());
            if (firstLeavesFirst)
            {
                await first.TearDownAsync(Deadline.Token);
                Assert.Contains("nameserver 100.64.2.1\n", _machine.ResolvConf, StringComparison.Ordinal);
                Assert.Equal("192.0.2.53", Assert.Single(Journal().ServersBelow(two.DnsEndPoint.Address)).ToString());
                await second.TearDownAsync(Deadline.Token);
            }
            else
            {
                await second.TearDownAsync(Deadline.Token);
                Assert.Equal(withOne, await _machine.StateAsync());
                await first.TearDownAsync(Deadline.Token);
            }

            await _machine.AssertPutBackAsync(_before);
            await first.DisposeAsync();
            await second.DisposeAsync();
        }
    }

    [RootFact]
    public async Task Lines_that_somebody_else_writes_meanwhile_stay()
    {
        (NetHelperClient client, Process _) = await StartHelperAsync("a");
        await using NetHelperClient owned = client;
        using NetworkHandover network = await client.SetUpAsync(TestRole.Setup("a", 1, "10.96.0.0/16"), Deadline.Token);

        await File.AppendAllTextAsync(_machine.ResolvConfPath, "nameserver 198.51.100.53\n", Deadline.Token);
        await client.TearDownAsync(Deadline.Token);

        Assert.Equal(Workstation.OriginalResolvConf + "nameserver 198.51.100.53\n", _machine.ResolvConf);
    }

    [RootFact]
    public async Task A_resolv_conf_that_somebody_else_writes_anew_gets_our_lines_again_and_is_what_quitting_leaves()
    {
        const string OfTheNextNetwork = "nameserver 203.0.113.53\nsearch wifi.example\n";
        (NetHelperClient client, Process _) = await StartHelperAsync("a");
        await using NetHelperClient owned = client;
        var told = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.ResolverChanged += notice => told.TrySetResult(notice.IsInForce);
        using NetworkHandover network = await client.SetUpAsync(TestRole.Setup("a", 1, "10.96.0.0/16"), Deadline.Token);

        await File.WriteAllTextAsync(_machine.ResolvConfPath, OfTheNextNetwork, Deadline.Token);
        Assert.True(await told.Task.WaitAsync(Deadline.Token));

        Assert.Contains("nameserver 100.64.1.1\n", _machine.ResolvConf, StringComparison.Ordinal);
        Assert.Contains("cluster.local wifi.example\n", _machine.ResolvConf, StringComparison.Ordinal);
        Assert.Equal("203.0.113.53", Assert.Single(Journal().ServersBelow(network.DnsEndPoint.Address)).ToString());
        await client.TearDownAsync(Deadline.Token);
        Assert.Equal(OfTheNextNetwork, _machine.ResolvConf);
    }

    [RootFact]
    public async Task Garbage_on_the_socket_ends_the_helper_and_puts_everything_back()
    {
        string path = Path.Combine(_machine.Folder, "garbage.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        foreach (byte[] garbage in (byte[][])[[0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0], [0, 0, 0, 4, 1, 2, 3, 4], [0, 0, 0, 2, 0x7B, 0x7D], [0]])
        {
            Process helper = _machine.StartRole(TestRole.Helper, path);
            using (Socket socket = await listener.AcceptAsync(Deadline.Token))
            {
                await socket.SendAsync(garbage, Deadline.Token);
                socket.Shutdown(SocketShutdown.Send);
                await helper.WaitForExitAsync(Deadline.Token);
            }

            Assert.Equal(0, helper.ExitCode);
        }

        await _machine.AssertPutBackAsync(_before);
    }

    [RootFact]
    public async Task Somebody_who_is_not_root_is_refused_and_the_helper_still_gets_in()
    {
        string path = Path.Combine(_machine.Folder, "open.sock");
        await using NetHelperClient client = NetHelperClient.Listen(path, TimeProvider.System, NullLogger.Instance);

        // Another user cannot even reach a socket of mode 0600 in a directory of mode 0700; here both are opened.
        const UnixFileMode Everybody = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute
            | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        File.SetUnixFileMode(_machine.Folder, Everybody);
        File.SetUnixFileMode(path, Everybody);
        string connectAndRead = $"my $s = IO::Socket::UNIX->new('{path}') or die $!; print defined($s->getc) ? 'served' : 'closed'";
        string output = await _machine.RunAsync(
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-MIO::Socket::UNIX", "-e", connectAndRead);
        Assert.Equal("closed", output);

        _machine.StartRole(TestRole.Helper, path);
        await client.WaitForHelperAsync(TimeSpan.FromSeconds(60), Deadline.Token);
    }

    [RootFact]
    public async Task A_resolv_conf_that_cannot_be_written_is_an_error_and_nothing_is_left_behind()
    {
        await _machine.RunAsync("mount", "-o", "remount,bind,ro", "/etc/resolv.conf");
        (NetHelperClient client, Process _) = await StartHelperAsync("a");
        await using NetHelperClient owned = client;

        var error = await Assert.ThrowsAsync<UserErrorException>(
            () => client.SetUpAsync(TestRole.Setup("a", 1, "10.96.0.0/16"), Deadline.Token));

        Assert.Equal("resolver-failed", error.Code);
        await _machine.AssertPutBackAsync(_before);
    }

    private ResolverJournal Journal() => new(new ResolverPaths(
        _machine.ResolvConfPath, _machine.Root + "/run/landline", _machine.Root + "/var/lib/landline", "/nonexistent"));

    private bool NeedsRepair() => Journal().NeedsRepair();

    private async Task RepairAsync()
    {
        Process repair = _machine.StartRole(TestRole.Repair);
        await repair.WaitForExitAsync(Deadline.Token);
        Assert.Equal(0, repair.ExitCode);
    }

    // nsenter execs the program, so the process that was started is the helper itself.
    private static void KillRole(Process role)
    {
        role.Kill();
        role.WaitForExit();
    }

    private async Task<(NetHelperClient Client, Process Helper)> StartHelperAsync(string name)
    {
        string path = Path.Combine(_machine.Folder, name + ".sock");
        NetHelperClient client = NetHelperClient.Listen(path, TimeProvider.System, NullLogger.Instance);
        Process helper = _machine.StartRole(TestRole.Helper, path);
        await client.WaitForHelperAsync(TimeSpan.FromSeconds(60), Deadline.Token);
        return (client, helper);
    }

    private async Task<(Process Daemon, Process Helper)> StartDaemonAsync()
    {
        string path = Path.Combine(_machine.Folder, "daemon.sock");
        Process daemon = _machine.StartRole(TestRole.Daemon, path);
        Assert.Equal("listening", await daemon.StandardOutput.ReadLineAsync(Deadline.Token));
        Process helper = _machine.StartRole(TestRole.Helper, path);
        Assert.Equal(TestRole.Ready, await daemon.StandardOutput.ReadLineAsync(Deadline.Token));
        return (daemon, helper);
    }
}
