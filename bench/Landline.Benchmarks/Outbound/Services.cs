using System.Diagnostics;
using System.Globalization;
using Landline.Benchmarks.Networks;

namespace Landline.Benchmarks.Outbound;

/// <summary>What listens in the cluster's namespace, under every address there: iperf3, an echo and nginx.</summary>
internal sealed class Services : IAsyncDisposable
{
    public const int EchoPort = 9000;
    public const int HttpPort = 80;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<Process> _processes = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-bench").FullName;

    public static async Task<Services> StartAsync(NamespacePair network, string load)
    {
        var services = new Services();
        try
        {
            string configuration = Path.Combine(services._folder, "nginx.conf");
            await File.WriteAllTextAsync(configuration, services.NginxConfiguration());
            // Nobody reads what it tells of each run, and with a full pipe it would stop.
            services._processes.Add(NamespacePair.Start(network.Cluster, "iperf3", "-s", "--logfile", "/dev/null"));
            services._processes.Add(NamespacePair.Start(
                network.Cluster, load, "echo", EchoPort.ToString(CultureInfo.InvariantCulture)));
            services._processes.Add(NamespacePair.Start(network.Cluster, "nginx", "-c", configuration, "-e", "stderr"));
            foreach (int port in (int[])[5201, EchoPort, HttpPort])
            {
                await ListeningAsync(network.Cluster, port);
            }

            return services;
        }
        catch
        {
            await services.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Process process in _processes)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static async Task ListeningAsync(string @namespace, int port)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!(await NamespacePair.RunAsync(@namespace, "ss", "-Hltn", $"sport = :{port}")).Contains("LISTEN", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        }
    }

    // One worker and a short answer without logs: the server is not what is measured.
    private string NginxConfiguration() => $$"""
        daemon off; worker_processes 1; pid {{_folder}}/nginx.pid; error_log stderr crit; user root;
        worker_rlimit_nofile 20000;
        events { worker_connections 9000; }
        http {
          access_log off; keepalive_requests 100000000; keepalive_timeout 600;
          client_body_temp_path {{_folder}}/body; proxy_temp_path {{_folder}}/proxy; fastcgi_temp_path {{_folder}}/fastcgi;
          uwsgi_temp_path {{_folder}}/uwsgi; scgi_temp_path {{_folder}}/scgi;
          server { listen {{HttpPort}} backlog=8192; location / { default_type text/plain; return 200 "{{new string('x', 100)}}"; } }
        }
        """;
}
