using System.Globalization;
using Landline.Cluster.Manager.Agents;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent;

/// <summary>How an agent is started: the flags that the manager gives its pod, and defaults that fit one.</summary>
internal sealed record AgentOptions
{
    public const string Usage = """
        landline-cluster agent --node NODE [options]
          --node NODE              name of the node it runs on
          --manager-namespace NS   namespace of the manager (default: landline)
          --manager HOST:PORT      where the manager listens (default: its Service)
          --token-file FILE        proves who it is (default: /var/run/secrets/landline/token)
          --kubeconfig FILE        outside a pod: how to reach the API server
          --proc FOLDER            proc file system that shows the node's processes (default: /proc)
          --log text|json          how log lines look (default: text)
          --log-level LEVEL        debug, information, warning (default: information)
        """;

    public string Node { get; init; } = "";

    public string ManagerNamespace { get; init; } = ClusterObjects.DefaultManagerNamespace;

    /// <summary>Null: the manager's Service.</summary>
    public string? Manager { get; init; }

    public string TokenFile { get; init; } = $"{AgentPodManifest.TokenFolder}/token";

    /// <summary>Null: the usual rules, which in a pod means its service account.</summary>
    public string? Kubeconfig { get; init; }

    public string Proc { get; init; } = "/proc";

    public bool JsonLog { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <exception cref="FormatException">A flag is unknown or missing, or its value makes no sense; the message names it.</exception>
    public static AgentOptions Parse(ReadOnlySpan<string> arguments)
    {
        AgentOptions options = new();
        for (int i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length)
            {
                throw new FormatException($"{arguments[i]} needs a value.");
            }

            options = options.With(arguments[i], arguments[i + 1]);
        }

        return options.Node.Length > 0 ? options : throw new FormatException("--node is missing.");
    }

    private AgentOptions With(string flag, string value) => flag switch
    {
        "--node" => this with { Node = value },
        "--manager-namespace" => this with { ManagerNamespace = value },
        "--manager" => this with { Manager = value },
        "--token-file" => this with { TokenFile = value },
        "--kubeconfig" => this with { Kubeconfig = value },
        "--proc" => this with { Proc = value },
        "--log" when value is "text" or "json" => this with { JsonLog = value == "json" },
        "--log-level" when Enum.TryParse(value, ignoreCase: true, out LogLevel level) => this with { LogLevel = level },
        "--log" or "--log-level" => throw new FormatException($"{flag} cannot be '{value}'."),
        _ => throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"There is no option {flag}.")),
    };
}
