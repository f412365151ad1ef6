using System.Runtime.InteropServices;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager;
using Landline.Kubernetes;
using Landline.Kubernetes.Configuration;
using Landline.Networking.Processes;
using Landline.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent;

/// <summary>Runs <c>landline-cluster agent</c>.</summary>
internal static class AgentProgram
{
    private const int Done = 0;
    private const int WrongUsage = 2;
    private const int Failed = 70;

    /// <summary>Returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        AgentOptions options;
        try
        {
            options = AgentOptions.Parse(arguments);
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message}\n{AgentOptions.Usage}");
            return WrongUsage;
        }

        using ILoggerFactory loggers = LoggerFactory.Create(logging => LogFormat.Configure(logging, options.JsonLog, options.LogLevel));
        ILogger logger = loggers.CreateLogger("landline.agent");
        try
        {
            await RunAsync(options, logger);
            return Done;
        }
        catch (KubernetesConfigurationException e)
        {
            AgentLog.NoCluster(logger, e.Message);
            return WrongUsage;
        }
        catch (Exception e)
        {
            AgentLog.Stopped(logger, e);
            return Failed;
        }
    }

    private static async Task RunAsync(AgentOptions options, ILogger logger)
    {
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration term = OnSignal(PosixSignal.SIGTERM, stop);
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT, stop);
        TimeProvider timeProvider = TimeProvider.System;
        using var client = new KubernetesClient(
            KubernetesConfiguration.Load(new KubeconfigOptions { Path = options.Kubeconfig }), timeProvider, logger);
        using var agent = new AgentProcess(options, client, ManagerProgram.Version, timeProvider, logger);
        using var memory = new IdleMemory(Session.DiscardSpareMemory, timeProvider);
        AgentLog.Started(logger, ManagerProgram.Version, options.Node);
        await agent.RunAsync(stop.Token);
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true; // The pods are put in order first.
            stop.Cancel();
        });
}
