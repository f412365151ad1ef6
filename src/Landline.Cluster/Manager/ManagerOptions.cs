using System.Globalization;
using System.Net;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager;

/// <summary>
/// How a manager is started: flags, and the environment variables that its Deployment sets. Everything has a default
/// that fits a pod.
/// </summary>
internal sealed record ManagerOptions
{
    public const string Usage = """
        landline-cluster manager [options]
          --namespace NS          namespace of the manager (POD_NAMESPACE; default: landline)
          --pod-name NAME         name of its own pod (POD_NAME; default: the host's name)
          --pod-ips A,B           addresses of its own pod (POD_IPS)
          --kubeconfig FILE       outside a pod: how to reach the API server
          --listen ADDRESS:PORT   for sessions (default: [::]:7070)
          --web-socket ADDRESS:PORT  for sessions over a WebSocket (default: [::]:7072)
          --health ADDRESS:PORT   for /healthz, /readyz and /metrics (default: [::]:7071)
          --resolv-conf FILE      whom to ask about names (default: /etc/resolv.conf)
          --image IMAGE           for agents and placeholders: its own (LANDLINE_IMAGE)
          --image-pull-policy P   its own (LANDLINE_IMAGE_PULL_POLICY; default: IfNotPresent)
          --agent-idle SECONDS    how long an agent without work is kept (LANDLINE_AGENT_IDLE; default: 300)
          --denied-subnets A,B    what is not dialled for anybody, in CIDR notation (LANDLINE_DENIED_SUBNETS)
          --log text|json         how log lines look (LANDLINE_LOG; default: text)
          --log-level LEVEL       debug, information, warning (LANDLINE_LOG_LEVEL; default: information)
        """;

    public string Namespace { get; init; } = ClusterObjects.DefaultManagerNamespace;

    public string PodName { get; init; } = Environment.MachineName;

    public IReadOnlyList<IPAddress> PodAddresses { get; init; } = [];

    /// <summary>Null: the usual rules, which in a pod means its service account.</summary>
    public string? Kubeconfig { get; init; }

    public IPEndPoint Listen { get; init; } = new(IPAddress.IPv6Any, ClusterObjects.SessionPort);

    public IPEndPoint WebSocket { get; init; } = new(IPAddress.IPv6Any, ClusterObjects.WebSocketPort);

    public IPEndPoint Health { get; init; } = new(IPAddress.IPv6Any, ClusterObjects.HealthPort);

    public string ResolverFile { get; init; } = "/etc/resolv.conf";

    /// <summary>What agents run; the manager's own image, so that their versions match.</summary>
    public string Image { get; init; } = "localhost/landline:dev";

    public string ImagePullPolicy { get; init; } = "IfNotPresent";

    public TimeSpan AgentIdle { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What the cluster's administrator keeps workstations from, beside what is never dialled.</summary>
    public IReadOnlyList<IPNetwork> DeniedSubnets { get; init; } = [];

    public bool JsonLog { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <exception cref="FormatException">A flag is unknown, or its value makes no sense; the message names it.</exception>
    public static ManagerOptions Parse(ReadOnlySpan<string> arguments, Func<string, string?> variable)
    {
        ManagerOptions options = new();
        foreach ((string name, string flag) in
            (ReadOnlySpan<(string, string)>)
            [
                ("POD_NAMESPACE", "--namespace"), ("POD_NAME", "--pod-name"), ("POD_IPS", "--pod-ips"),
                ("LANDLINE_IMAGE", "--image"), ("LANDLINE_IMAGE_PULL_POLICY", "--image-pull-policy"), ("LANDLINE_AGENT_IDLE", "--agent-idle"),
                ("LANDLINE_DENIED_SUBNETS", "--denied-subnets"), ("LANDLINE_LOG", "--log"), ("LANDLINE_LOG_LEVEL", "--log-level"),
            ])
        {
            if (variable(name) is { Length: > 0 } value)
            {
                options = options.With(flag, value);
            }
        }

        for (int i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length)
            {
                throw new FormatException($"{arguments[i]} needs a value.");
            }

            options = options.With(arguments[i], arguments[i + 1]);
        }

        return options;
    }

    private ManagerOptions With(string flag, string value) => flag switch
    {
        "--namespace" => this with { Namespace = value },
        "--pod-name" => this with { PodName = value },
        "--pod-ips" => this with { PodAddresses = [.. value.Split(',').Select(part => Address(flag, part))] },
        "--kubeconfig" => this with { Kubeconfig = value },
        "--listen" => this with { Listen = EndPoint(flag, value) },
        "--web-socket" => this with { WebSocket = EndPoint(flag, value) },
        "--health" => this with { Health = EndPoint(flag, value) },
        "--resolv-conf" => this with { ResolverFile = value },
        "--image" => this with { Image = value },
        "--image-pull-policy" when value is "Always" or "IfNotPresent" or "Never" => this with { ImagePullPolicy = value },
        "--agent-idle" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) =>
            this with { AgentIdle = TimeSpan.FromSeconds(seconds) },
        "--denied-subnets" => this with { DeniedSubnets = [.. value.Split(',').Select(part => Subnet(flag, part))] },
        "--log" when value is "text" or "json" => this with { JsonLog = value == "json" },
        "--log-level" when Enum.TryParse(value, ignoreCase: true, out LogLevel level) => this with { LogLevel = level },
        "--log" or "--log-level" or "--image-pull-policy" or "--agent-idle" => throw Wrong(flag, value),
        _ => throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"There is no option {flag}.")),
    };

    private static IPAddress Address(string flag, string value) =>
        IPAddress.TryParse(value.Trim(), out IPAddress? address) ? address : throw Wrong(flag, value);

    private static IPNetwork Subnet(string flag, string value) =>
        IPNetwork.TryParse(value.Trim(), out IPNetwork subnet) ? subnet : throw Wrong(flag, value);

    private static IPEndPoint EndPoint(string flag, string value) =>
        IPEndPoint.TryParse(value, out IPEndPoint? endPoint) ? endPoint : throw Wrong(flag, value);

    private static FormatException Wrong(string flag, string value) => new($"{flag} cannot be '{value}'.");
}
