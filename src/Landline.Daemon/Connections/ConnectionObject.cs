using System.Text.Json.Serialization;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Daemon.Connections;

/// <summary>The Connection object in the cluster: it names the key that the manager lets in.</summary>
internal sealed record ConnectionObject : IKubernetesObject
{
    public static ResourceType<ConnectionObject> Type { get; } = new(
        ClusterObjects.ApiGroup,
        ClusterObjects.ApiVersion,
        ClusterObjects.ConnectionPlural,
        ClusterObjects.ConnectionKind,
        namespaced: true,
        ConnectionObjectJson.Default.ConnectionObject);

    public string ApiVersion { get; init; } = $"{ClusterObjects.ApiGroup}/{ClusterObjects.ApiVersion}";

    public string Kind { get; init; } = ClusterObjects.ConnectionKind;

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public ConnectionSpec Spec { get; init => field = value ?? new(); } = new();

    public ConnectionStatus? Status { get; init; }
}

[JsonSourceGenerationOptions(
    System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConnectionObject))]
internal sealed partial class ConnectionObjectJson : JsonSerializerContext;
