using System.Net;
using System.Reflection;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Dns;
using Landline.Cluster.Manager.Health;
using Landline.Kubernetes;
using Landline.Kubernetes.Configuration;
using Landline.Networking.Processes;
using Landline.Protocol.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager;

/// <summary>Runs <c>landline-cluster manager</c>: the manager, and its health and metrics over HTTP.</summary>
internal static class ManagerProgram
{
    private const int Done = 0;
    private const int WrongUsage = 2;
    private const int Failed = 70;

    public static string Version { get; } =
        typeof(ManagerProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    /// <summary>Returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        ManagerOptions options;
        try
        {
            options = ManagerOptions.Parse(arguments, Environment.GetEnvironmentVariable);
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message}\n{ManagerOptions.Usage}");
            return WrongUsage;
        }

        await using WebApplication http = BuildHttp(options);
        ILogger logger = http.Services.GetRequiredService<ILoggerFactory>().CreateLogger("landline.manager");
        try
        {
            await RunAsync(options, http, logger);
            return Done;
        }
        catch (KubernetesConfigurationException e)
        {
            ManagerLog.NoCluster(logger, e.Message);
            return WrongUsage;
        }
        catch (Exception e)
        {
            ManagerLog.Stopped(logger, e);
            return Failed;
        }
    }

    private static async Task RunAsync(ManagerOptions options, WebApplication http, ILogger logger)
    {
        TimeProvider timeProvider = TimeProvider.System;
        using var client = new KubernetesClient(
            KubernetesConfiguration.Load(new KubeconfigOptions { Path = options.Kubeconfig }), timeProvider, logger);
        string resolverFile = await File.ReadAllTextAsync(options.ResolverFile);
        using var manager = new ManagerProcess(
            options, client, ResolverConfiguration.Parse(resolverFile), Version, timeProvider, logger);
        using var memory = new IdleMemory(Session.DiscardSpareMemory, timeProvider);
        ManagerLog.Started(logger, Version, options.PodName, options.Namespace, manager.Fingerprint);
        HealthEndpoints.Map(http, manager);
        await http.StartAsync();

        // SIGTERM and SIGINT arrive here through the web host's lifetime; it keeps answering until the drain is over.
        await manager.RunAsync(http.Lifetime.ApplicationStopping);
        await http.StopAsync();
    }

    private static WebApplication BuildHttp(ManagerOptions options)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        LogFormat.Configure(builder.Logging, options.JsonLog, options.LogLevel);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 64; // The kubelet, Prometheus and a few curious people.
            kestrel.Limits.MaxRequestBodySize = 0;
            Listen(kestrel, options.Health);
        });
        return builder.Build();
    }

    private static void Listen(KestrelServerOptions kestrel, IPEndPoint address)
    {
        if (address.Address.Equals(IPAddress.IPv6Any))
        {
            kestrel.ListenAnyIP(address.Port);
        }
        else
        {
            kestrel.Listen(address);
        }
    }
}
