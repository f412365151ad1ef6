using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Landline.Networking.Namespaces;
using Landline.Networking.Processes;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Namespaces;

public sealed class NetworkNamespaceTests : IAsyncLifetime
{
    private Process? _pod;

    public async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            _pod = await StartPodAsync();
        }
    }

    public ValueTask DisposeAsync()
    {
        _pod?.Kill();
        _pod?.Dispose();
        return ValueTask.CompletedTask;
    }

    [RootFact]
    public async Task A_listener_inside_is_reached_from_inside_and_not_from_here()
    {
        using NetworkNamespace pod = NetworkNamespace.OfProcess(_pod!.Id);
        using Socket listener = pod.Listen(new IPEndPoint(IPAddress.Loopback, 0), 16, default);
        var address = (IPEndPoint)listener.LocalEndPoint!;

        using Socket inside = await pod.ConnectAsync(address, default, Deadline.Token);
        using Socket accepted = await listener.AcceptAsync(Deadline.Token);
        await inside.SendAsync("hello"u8.ToArray(), Deadline.Token);
        byte[] buffer = new byte[16];
        Assert.Equal(5, await accepted.ReceiveAsync(buffer, Deadline.Token));

        using var outside = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(async () => await outside.ConnectAsync(address, Deadline.Token));
    }

    [RootFact]
    public async Task Datagrams_and_IPv6_work_inside()
    {
        using NetworkNamespace pod = NetworkNamespace.OfProcess(_pod!.Id);
        using Socket server = pod.BindUdp(new IPEndPoint(IPAddress.IPv6Loopback, 0), default);
        using Socket client = pod.BindUdp(new IPEndPoint(IPAddress.IPv6Loopback, 0), default);

        await client.SendToAsync("hi"u8.ToArray(), SocketFlags.None, server.LocalEndPoint!, Deadline.Token);

        SocketReceiveFromResult received = await server.ReceiveFromAsync(
            new byte[16], SocketFlags.None, new IPEndPoint(IPAddress.IPv6Any, 0), Deadline.Token);
        Assert.Equal(client.LocalEndPoint, received.RemoteEndPoint);
    }

    [RootFact]
    public void Sockets_carry_the_mark()
    {
        using NetworkNamespace pod = NetworkNamespace.OfProcess(_pod!.Id);
        using Socket socket = pod.OpenSocket(AddressFamily.InterNetwork, SocketType.Stream, new NamespaceSocketOptions(Mark: 0x4C4C));

        byte[] mark = new byte[4];
        socket.GetRawSocketOption(1, 36, mark);

        Assert.Equal(0x4C4Cu, BitConverter.ToUInt32(mark));
    }

    /// <summary>The trap: were .NET's own threads started inside, sockets made here afterwards would be the pod's.</summary>
    [RootFact]
    public async Task Sockets_made_here_stay_here_whatever_happens_inside_at_the_same_time()
    {
        using NetworkNamespace pod = NetworkNamespace.OfProcess(_pod!.Id);
        string? away = new FileInfo($"/proc/{_pod.Id}/ns/net").LinkTarget;
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            await Task.Yield();
            using Socket inside = pod.OpenSocket(AddressFamily.InterNetwork, SocketType.Stream, default);
            using var here = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await here.ConnectAsync(listener.LocalEndPoint!, Deadline.Token);
        }));

        Assert.NotNull(away);
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            Assert.NotEqual(away, new FileInfo(task + "/ns/net").LinkTarget);
        }
    }

    [RootFact]
    public async Task A_namespace_stays_usable_after_its_process_has_ended()
    {
        using NetworkNamespace pod = NetworkNamespace.OfProcess(_pod!.Id);
        _pod.Kill();
        await _pod.WaitForExitAsync(Deadline.Token);

        using Socket listener = pod.Listen(new IPEndPoint(IPAddress.Loopback, 0), 1, default);

        Assert.NotEqual(0, ((IPEndPoint)listener.LocalEndPoint!).Port);
    }

    [RootFact]
    public void A_process_that_is_gone_is_an_error_with_its_number()
    {
        var error = Assert.Throws<NamespaceException>(() => NetworkNamespace.OfProcess(int.MaxValue));

        Assert.Equal(2, error.ErrorNumber); // ENOENT
    }

    internal static async Task<Process> StartPodAsync()
    {
        var start = new ProcessStartInfo(
            "unshare", ["--net", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"])
        {
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start) ?? throw new ToolFailedException("unshare did not start");
        Assert.Equal("up", await process.StandardOutput.ReadLineAsync(Deadline.Token));
        return process;
    }
}
