using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Landline.Networking.Processes;
using Landline.Networking.Tun;

namespace Landline.Daemon.NetHelper;

/// <summary>The TUN device that this net helper made, by name: what <c>ip</c> does with it.</summary>
internal sealed class NetworkDevice
{
    private const int MostDevices = 256;
    private const int EBUSY = 16;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private NetworkDevice(string name, bool hasIPv6) => (Name, HasIPv6) = (name, hasIPv6);

    public string Name { get; }

    public bool HasIPv6 { get; }

    /// <summary>Makes a device with the first free number.</summary>
    /// <param name="wantsIPv6">False: it gets no IPv6 address, so that IPv6 routes would lead nowhere and are left out.</param>
    /// <exception cref="HelperFailureException">The kernel refused.</exception>
    public static (NetworkDevice Device, TunDevice Tun) Create(string prefix, bool wantsIPv6)
    {
        for (int number = 0; number < MostDevices; number++)
        {
            string name = prefix + number.ToString(CultureInfo.InvariantCulture);
            if (Exists(name))
            {
                continue;
            }

            try
            {
                var tun = TunDevice.Create(name);
                return (new NetworkDevice(name, wantsIPv6 && EnableIPv6(name)), tun);
            }
            catch (Win32Exception e) when (e.NativeErrorCode != EBUSY)
            {
                throw HelperFailureException.Of(HelperFailureCodes.Device, $"/dev/net/tun: {e.Message}");
            }
            catch (Win32Exception)
            {
                // Another net helper was faster.
                continue;
            }
        }

        throw HelperFailureException.Of(HelperFailureCodes.Device, $"there are {MostDevices} devices named {prefix} already");
    }

    /// <exception cref="HelperFailureException">A command failed; which one and why.</exception>
    public Task BringUpAsync(NetworkSetup setup, CancellationToken cancellationToken) => BatchAsync(
        [
            $"link set dev {Name} mtu {setup.Mtu} txqueuelen {setup.TransmitQueueLength} alias {NetHelperErrors.DeviceAlias}{setup.Connection} up",
            .. setup.Addresses.Where(address => IsUsable(address.Address)).Select(AddressCommand),
        ],
        cancellationToken);

    /// <summary>Adds and removes routes: all of them, or none.</summary>
    /// <exception cref="HelperFailureException">A command failed; which one and why.</exception>
    public async Task ChangeRoutesAsync(
        IReadOnlyCollection<IPNetwork> added, IReadOnlyCollection<IPNetwork> removed, CancellationToken cancellationToken)
    {
        try
        {
            await BatchAsync([.. Commands("add", added), .. Commands("del", removed)], cancellationToken);
        }
        catch (HelperFailureException)
        {
            // Whichever of them took effect; those that did not make these fail, which is well.
            await RunAsync(["-force", "-batch", "-"], [.. Commands("del", added), .. Commands("add", removed)], cancellationToken);
            throw;
        }
    }

    /// <summary>Removes the device, wherever its descriptor is open, and its addresses and routes with it.</summary>
    /// <exception cref="HelperFailureException">It is still there; why.</exception>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        if (!Exists(Name))
        {
            return;
        }

        SystemTool result = await RunAsync(["link", "del", "dev", Name], [], cancellationToken);
        if (result.ExitCode != 0 && Exists(Name))
        {
            throw HelperFailureException.Of(HelperFailureCodes.Device, $"ip link del dev {Name}: {result.Complaint}");
        }
    }

    // Not /sys/class/net, which shows the network namespace that it was mounted in, and not this process's.
    private static bool Exists(string name) => File.ReadLines("/proc/self/net/dev")
        .Any(line => line.AsSpan().TrimStart().StartsWith($"{name}:", StringComparison.Ordinal));

    // Containers often have IPv6 switched off for new devices, and /proc/sys read-only.
    private static bool EnableIPv6(string name)
    {
        string setting = $"/proc/sys/net/ipv6/conf/{name}/disable_ipv6";
        try
        {
            if (File.ReadAllText(setting).Trim() == "0")
            {
                return true;
            }

            File.WriteAllText(setting, "0");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Without duplicate address detection the address can be bound at once; nobody else is on this link.
    private string AddressCommand(DeviceAddress address) =>
        address.Address.AddressFamily == AddressFamily.InterNetwork
            ? $"addr add {address.Address}/{address.PrefixLength} dev {Name}"
            : $"addr add {address.Address}/{address.PrefixLength} dev {Name} nodad";

    private IEnumerable<string> Commands(string verb, IEnumerable<IPNetwork> routes) =>
        routes.Where(route => IsUsable(route.BaseAddress)).Select(route => $"route {verb} {route} dev {Name}");

    private bool IsUsable(IPAddress address) => HasIPv6 || address.AddressFamily == AddressFamily.InterNetwork;

    private static async Task BatchAsync(IReadOnlyList<string> commands, CancellationToken cancellationToken)
    {
        if (commands.Count == 0)
        {
            return;
        }

        SystemTool result = await RunAsync(["-batch", "-"], commands, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw HelperFailureException.Of(
                HelperFailureCodes.Device, $"{FailedCommand(result.Error, commands)}: {result.Complaint}");
        }
    }

    // ip ends its complaint with "Command failed -:LINE".
    private static string FailedCommand(string complaint, IReadOnlyList<string> commands)
    {
        const string Marker = "Command failed -:";
        int position = complaint.LastIndexOf(Marker, StringComparison.Ordinal);
        return position >= 0
            && int.TryParse(complaint.AsSpan(position + Marker.Length).Trim(), CultureInfo.InvariantCulture, out int line)
            && line > 0 && line <= commands.Count
            ? $"ip {commands[line - 1]}"
            : "ip";
    }

    private static async Task<SystemTool> RunAsync(
        IReadOnlyList<string> arguments, IReadOnlyList<string> commands, CancellationToken cancellationToken)
    {
        try
        {
            string input = string.Concat(commands.Select(command => command + "\n"));
            return await SystemTool.RunAsync("ip", arguments, input, Timeout, cancellationToken);
        }
        catch (ToolFailedException e)
        {
            throw HelperFailureException.Of(HelperFailureCodes.Device, e.Message);
        }
    }
}
