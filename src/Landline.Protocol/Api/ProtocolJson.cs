using System.Text.Json;
using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>
/// The JSON between daemon, manager and agent, and of the two custom resources' spec and status. A property that a peer leaves out is
/// set to null by the generated code, whatever its initializer says: so every <c>init</c> puts its own default back.
/// </summary>
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
