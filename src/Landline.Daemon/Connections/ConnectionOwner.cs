using System.Security.Cryptography;

namespace Landline.Daemon.Connections;

/// <summary>Names a Connection object after the user and the machine that it belongs to, for people who read lists of them.</summary>
internal static class ConnectionOwner
{
    /// <summary>A name has at most 63 characters so that it can be a label's value.</summary>
    private const int LongestPrefix = 50;

    /// <summary>As the API server makes them for <c>generateName</c>: no vowels, so no words.</summary>
    private const string SuffixCharacters = "bcdfghjklmnpqrstvwxz2456789";
    private const int SuffixLength = 8;

    /// <summary>A name that no other object has.</summary>
    public static string NewName(string user, string host) =>
        NamePrefix(user, host) + RandomNumberGenerator.GetString(SuffixCharacters, SuffixLength);

    /// <summary>Such as <c>alice-thinkpad-</c>, of what a Kubernetes name may hold.</summary>
    public static string NamePrefix(string user, string host)
    {
        string name = new([.. $"{user}-{host.Split('.')[0]}".ToLowerInvariant()
            .Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);
        name = name.Trim('-');
        name = name.Length == 0 ? "workstation" : name[..Math.Min(name.Length, LongestPrefix)].TrimEnd('-');
        return name + "-";
    }
}
