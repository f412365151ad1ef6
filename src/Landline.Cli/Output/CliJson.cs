using System.Text.Json;
using System.Text.Json.Serialization;

namespace Landline.Cli.Output;

/// <summary>What <c>landline version --format json</c> prints.</summary>
/// <param name="Version">Of this program.</param>
/// <param name="Connections">Those that stand.</param>
internal sealed record VersionFact(string Version, IReadOnlyList<ConnectionVersions> Connections);

/// <summary>The versions at both ends of a connection.</summary>
/// <param name="Daemon">Null: it does not answer.</param>
/// <param name="Manager">Null: it is not known, or not yet.</param>
internal sealed record ConnectionVersions(string Name, string? Daemon, string? Manager);

/// <summary>What <c>landline quit --format json</c> prints: the names of the connections that were ended.</summary>
internal sealed record QuitFact(IReadOnlyList<string> Disconnected);

/// <summary>What <c>landline detach --format json</c> prints: the name of the attachment that was ended.</summary>
internal sealed record DetachFact(string Detached);

/// <summary>What <c>landline gather-logs --format json</c> prints: the file and what it holds.</summary>
internal sealed record GatheredFact(string File, IReadOnlyList<string> Entries);

/// <summary>What <c>landline install --format json</c> and <c>upgrade</c> print.</summary>
internal sealed record InstalledFact(string Version, string Namespace, string Server);

/// <summary>What <c>landline uninstall --format json</c> prints.</summary>
/// <param name="Removed">False: there was nothing.</param>
internal sealed record UninstalledFact(bool Removed, string Namespace, string Server);

/// <summary>JSON that only the CLI knows. What daemons answer is in <see cref="Protocol.Api.DaemonJson"/>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VersionFact))]
[JsonSerializable(typeof(QuitFact))]
[JsonSerializable(typeof(DetachFact))]
[JsonSerializable(typeof(GatheredFact))]
[JsonSerializable(typeof(InstalledFact))]
[JsonSerializable(typeof(UninstalledFact))]
internal sealed partial class CliJson : JsonSerializerContext;
