using System.Text.Json;
using System.Text.Json.Serialization;
using Landline.Cluster.Manager.Connections;

namespace Landline.Cluster.Manager;

/// <summary>The objects that the manager reads and writes beyond Kubernetes' own.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConnectionObject))]
[JsonSerializable(typeof(Attachments.AttachmentObject))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
internal sealed partial class ManagerJson : JsonSerializerContext;
