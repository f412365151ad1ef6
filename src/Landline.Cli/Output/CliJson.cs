using System.Text.Json;
using System.Text.Json.Serialization;

namespace Landline.Cli.Output;

/// <summary>What <c>landline version --format json</c> prints.</summary>
internal sealed record VersionFact(string Version);

/// <summary>What <c>landline quit --format json</c> prints: the names of the connections that were ended.</summary>
internal sealed record QuitFact(IReadOnlyList<string> Disconnected);

/// <summary>JSON that only the CLI knows. What daemons answer is in <see cref="Protocol.Api.DaemonJson"/>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(VersionFact))]
[JsonSerializable(typeof(QuitFact))]
internal sealed partial class CliJson : JsonSerializerContext;
