using System.Text.Json;
using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>The JSON of the daemon's API and of the CLI's <c>--format json</c>, which is the same.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConnectRequest))]
[JsonSerializable(typeof(ConnectEvent))]
[JsonSerializable(typeof(AttachRequest))]
[JsonSerializable(typeof(AttachEvent))]
[JsonSerializable(typeof(AttachmentInfo))]
[JsonSerializable(typeof(WorkloadEnvironment))]
[JsonSerializable(typeof(WorkloadReport))]
[JsonSerializable(typeof(DaemonStatus))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(ApiError))]
public sealed partial class DaemonJson : JsonSerializerContext;
