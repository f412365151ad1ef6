using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Agents;

/// <summary>
/// What an agent's pod looks like. It is placed by name on its node, whatever the node's taints and the scheduler say, and
/// shares the node's process ids: only so it finds the workload's processes. Privileged, because entering another pod's
/// namespaces is (docs/security.md).
/// </summary>
/// <param name="PullPolicy">The manager's own.</param>
internal sealed record AgentPodManifest(string Namespace, string Image, string PullPolicy)
{
    /// <summary>Where the token for the manager is mounted.</summary>
    public const string TokenFolder = "/var/run/secrets/landline";

    /// <summary>Name of its container: admission may add others.</summary>
    public const string ContainerName = "agent";

    /// <summary>Longest name of a pod, which becomes its host name (RFC 1123).</summary>
    private const int LongestName = 63;

    /// <summary>On the pod: the image that was asked for. Admission may have the container run another name of it, such as a mirror's or a digest.</summary>
    private const string ImageAnnotation = "landline.dev/image";

    public static ResourceType<JsonObject> Type { get; } = new("", "v1", "pods", "Pod", true, ManagerJson.Default.JsonObject);

    /// <summary>Whether the pod is one that would be made today.</summary>
    public bool IsOfThisImage(Pod pod) => pod.Metadata.Annotations.GetValueOrDefault(ImageAnnotation) == Image;

    public JsonObject For(string node) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject
        {
            ["name"] = NameFor(node),
            ["namespace"] = Namespace,
            ["labels"] = new JsonObject
            {
                [ClusterObjects.NameLabel] = ClusterObjects.Agent,
                [ClusterObjects.ManagedByLabel] = ClusterObjects.ManagedBy,
            },
            ["annotations"] = new JsonObject { [ImageAnnotation] = Image },
        },
        ["spec"] = new JsonObject
        {
            ["nodeName"] = node,
            ["hostPID"] = true,
            ["serviceAccountName"] = ClusterObjects.Agent,
            ["automountServiceAccountToken"] = true, // To read the manager's key, and nothing else (deploy/manifests).
            ["restartPolicy"] = "Always",
            ["terminationGracePeriodSeconds"] = 5,
            ["tolerations"] = new JsonArray(new JsonObject { ["operator"] = "Exists" }),
            ["containers"] = new JsonArray(Container(node)),
            ["volumes"] = new JsonArray(new JsonObject
            {
                ["name"] = "token",
                ["projected"] = new JsonObject
                {
                    ["sources"] = new JsonArray(new JsonObject
                    {
                        ["serviceAccountToken"] = new JsonObject
                        {
                            ["audience"] = ClusterObjects.TokenAudience, ["path"] = "token", ["expirationSeconds"] = 3600,
                        },
                    }),
                },
            }),
        },
    };

    private JsonObject Container(string node) => new()
    {
        ["name"] = ContainerName,
        ["image"] = Image,
        ["imagePullPolicy"] = PullPolicy,
        ["args"] = new JsonArray("agent", "--node", node, "--manager-namespace", Namespace),
        ["env"] = Settings(),
        ["securityContext"] = new JsonObject { ["privileged"] = true, ["runAsUser"] = 0, ["runAsNonRoot"] = false, ["readOnlyRootFilesystem"] = true },
        ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "10m", ["memory"] = "48Mi" } },
        ["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "token", ["mountPath"] = TokenFolder, ["readOnly"] = true }),
    };

    // As the manager's own; deploy/manifests/40-manager.yaml says what for.
    private static JsonArray Settings()
    {
        var settings = new JsonArray();
        foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)
            [
                ("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1"), ("DOTNET_GCgen0size", "0x400000"),
                ("DOTNET_EnableWriteXorExecute", "0"), ("MALLOC_ARENA_MAX", "2"), ("DOTNET_EnableDiagnostics", "0"),
            ])
        {
            settings.Add((JsonNode)new JsonObject { ["name"] = name, ["value"] = value });
        }

        return settings;
    }

    /// <summary>A node's name may be longer than a pod's: then its end is replaced by a hash of the whole.</summary>
    private static string NameFor(string node)
    {
        string name = $"{ClusterObjects.Agent}-{node.Replace('.', '-')}";
        if (name.Length <= LongestName)
        {
            return name;
        }

        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(node)))[..8];
        return $"{name[..(LongestName - hash.Length - 1)].TrimEnd('-')}-{hash}";
    }
}
