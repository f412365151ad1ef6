using System.Text.Json;
using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>The JSON between daemon, manager and agent, and of the two custom resources' spec and status.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(ClientHello))]
[JsonSerializable(typeof(ManagerHello))]
[JsonSerializable(typeof(ManagerMessage))]
[JsonSerializable(typeof(AgentMessage))]
[JsonSerializable(typeof(InboundOpen))]
[JsonSerializable(typeof(WorkloadOpen))]
[JsonSerializable(typeof(WorkloadFacts))]
[JsonSerializable(typeof(ConnectionSpec))]
[JsonSerializable(typeof(ConnectionStatus))]
[JsonSerializable(typeof(AttachmentSpec))]
[JsonSerializable(typeof(AttachmentStatus))]
public sealed partial class ProtocolJson : JsonSerializerContext;
