using System.Text.Json;
using System.Text.Json.Serialization;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>The journal's content.</summary>
internal sealed record ResolverState
{
    public static ResolverState Empty { get; } = new() { Overlays = [] };

    /// <summary>The file before the first overlay, with what others have changed since; null = there was none.</summary>
    public string? Original { get; init; }

    /// <summary>What we wrote last. The file differs from it only when somebody else has edited it.</summary>
    public string Written { get; init; } = string.Empty;

    /// <summary>From the first to the latest; the latest is asked first.</summary>
    public required IReadOnlyList<ResolverOverlay> Overlays { get; init; }

    /// <returns>Null when the file is missing or damaged.</returns>
    public static ResolverState? Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ResolverJson.Default.ResolverState);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces the file at once, or leaves it as it is and nothing beside it.</summary>
    /// <exception cref="IOException">Not written, most often because the disk is full.</exception>
    public void Save(string path)
    {
        const UnixFileMode Directory0755 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        const UnixFileMode File0644 =
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, Directory0755);
        string temporary = path + ".new";
        try
        {
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, ResolverJson.Default.ResolverState));
            File.SetUnixFileMode(temporary, File0644);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw;
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(ResolverState))]
internal sealed partial class ResolverJson : JsonSerializerContext;
