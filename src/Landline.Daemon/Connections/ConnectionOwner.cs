namespace Landline.Daemon.Connections;

/// <summary>Names a Connection object after the user and the machine that it belongs to, for people who read lists of them.</summary>
internal static class ConnectionOwner
{
    /// <summary>The API server adds five random characters; a name has at most 63 so that it can be a label's value.</summary>
    private const int LongestPrefix = 50;

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
