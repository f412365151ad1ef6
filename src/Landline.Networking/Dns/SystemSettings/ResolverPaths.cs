namespace Landline.Networking.Dns.SystemSettings;

/// <summary>Where things are. Other paths than the default ones are for tests.</summary>
/// <param name="ResolvConf">May be a link or a bind mount.</param>
/// <param name="Directory">Root's, empty after a reboot; everybody may read the journal in it.</param>
/// <param name="BackupDirectory">Root's, survives a reboot.</param>
/// <param name="ResolvedServers">systemd-resolved's list of the servers that it asks.</param>
public sealed record ResolverPaths(string ResolvConf, string Directory, string BackupDirectory, string ResolvedServers)
{
    public static ResolverPaths Default { get; } = new(
        "/etc/resolv.conf", "/run/landline", "/var/lib/landline", "/run/systemd/resolve/resolv.conf");

    /// <summary>Whom the C library asks, and in which order.</summary>
    public string NameServiceSwitch { get; init; } = "/etc/nsswitch.conf";

    internal string Journal => Path.Combine(Directory, "resolver.json");

    internal string Lock => Path.Combine(Directory, "resolver.lock");

    internal string Backup => Path.Combine(BackupDirectory, "resolver.json");
}
