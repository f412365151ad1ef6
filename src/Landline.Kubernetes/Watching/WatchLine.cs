using System.Text.Json;

namespace Landline.Kubernetes.Watching;

/// <summary>One line of a watch's answer.</summary>
/// <param name="Type">ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.</param>
internal sealed record WatchLine(string Type, JsonElement Object);
