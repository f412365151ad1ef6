using System.Diagnostics.CodeAnalysis;

namespace Landline.Daemon.Installation;

/// <summary>Compares versions like "v1.20.2-eks-1" and "0.3.0-beta.2" by their numbers.</summary>
internal static class VersionOrder
{
    public static bool TryParse(string? text, [NotNullWhen(true)] out Version? version)
    {
        string numbers = new([.. (text ?? "").TrimStart('v').TakeWhile(static c => char.IsAsciiDigit(c) || c == '.')]);
        return Version.TryParse(numbers, out version);
    }

    /// <summary>False also when one of them is no version.</summary>
    public static bool IsNewer(string? one, string than) =>
        TryParse(one, out Version? left) && TryParse(than, out Version? right) && left > right;
}
