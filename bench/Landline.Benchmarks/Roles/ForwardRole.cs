using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Landline.Kubernetes;
using Landline.Kubernetes.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Benchmarks.Roles;

/// <summary>
/// A port-forward without anything of Landline in it: each connection is a WebSocket of its own, as a
/// session is that goes by port-forward. Lives until its standard input ends.
/// </summary>
internal static class ForwardRole
{
    private const int BufferSize = 128 * 1024;

    /// <param name="options">NAMESPACE POD {LOCAL-PORT REMOTE-PORT}…</param>
    public static async Task<int> RunAsync(string[] options)
    {
        ClusterSettings settings = KubernetesConfiguration.Load(new KubeconfigOptions());
        using var cluster = new KubernetesClient(settings, TimeProvider.System, NullLogger.Instance);
        for (int i = 2; i < options.Length; i += 2)
        {
            int local = int.Parse(options[i], CultureInfo.InvariantCulture);
            int remote = int.Parse(options[i + 1], CultureInfo.InvariantCulture);
            var listener = new TcpListener(IPAddress.Loopback, local);
            listener.Start();
            _ = AcceptAsync(listener, () => cluster.PortForwardAsync(options[0], options[1], remote, CancellationToken.None));
        }

        Console.WriteLine("ready");
        await Console.In.ReadLineAsync(CancellationToken.None);
        return 0;
    }

    private static async Task AcceptAsync(TcpListener listener, Func<Task<Stream>> dialAsync)
    {
        while (true)
        {
            TcpClient client = await listener.AcceptTcpClientAsync();
            client.NoDelay = true;
            _ = RelayAsync(client, dialAsync);
        }
    }

    // Whoever ends first ends both: a port-forward has no half-close.
    private static async Task RelayAsync(TcpClient client, Func<Task<Stream>> dialAsync)
    {
        using (client)
        {
            await using Stream far = await dialAsync();
            NetworkStream near = client.GetStream();
            await Task.WhenAny(near.CopyToAsync(far, BufferSize), far.CopyToAsync(near, BufferSize));
        }
    }
}
