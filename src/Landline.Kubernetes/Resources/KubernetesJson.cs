using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Landline.Kubernetes.Resources;

/// <summary>
/// How objects look on the wire: camelCase, unknown fields ignored, nulls left out. <see cref="WireFormat"/> completes it.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClusterNamespace))]
[JsonSerializable(typeof(Node))]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(Service))]
[JsonSerializable(typeof(Endpoints))]
[JsonSerializable(typeof(ConfigMap))]
[JsonSerializable(typeof(ServiceAccount))]
[JsonSerializable(typeof(ClusterEvent))]
[JsonSerializable(typeof(Workload))]
[JsonSerializable(typeof(ServiceCidr))]
[JsonSerializable(typeof(CustomResourceDefinition))]
[JsonSerializable(typeof(TokenReview))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(SelfSubjectAccessReview))]
[JsonSerializable(typeof(ApiResourceList))]
[JsonSerializable(typeof(VersionInfo))]
[JsonSerializable(typeof(Requests.ApiStatus))]
[JsonSerializable(typeof(Requests.ListPage))]
[JsonSerializable(typeof(Watching.WatchLine))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class KubernetesJson : JsonSerializerContext;
