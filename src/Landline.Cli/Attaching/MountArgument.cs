using Landline.Protocol.Api;

namespace Landline.Cli.Attaching;

/// <summary>Where files are mounted, as users write it: <c>true</c>, <c>false</c> or a path, the first and the last also with <c>:ro</c>.</summary>
internal static class MountArgument
{
    private const string ReadOnlyMark = ":ro";

    /// <param name="mount">Null: no files.</param>
    public static bool TryParse(string text, out MountRequest? mount)
    {
        bool isReadOnly = text.EndsWith(ReadOnlyMark, StringComparison.Ordinal);
        string place = isReadOnly ? text[..^ReadOnlyMark.Length] : text;
        mount = place switch
        {
            "false" => null,
            "true" => new MountRequest { ReadOnly = isReadOnly },

            // The daemon runs elsewhere than the command. What completes a folder's name ends it with a slash.
            _ => new MountRequest
            {
                Path = place.Length == 0 ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(place)),
                ReadOnly = isReadOnly,
            },
        };
        return place.Length > 0 && !(place == "false" && isReadOnly);
    }
}
