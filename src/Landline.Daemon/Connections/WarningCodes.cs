namespace Landline.Daemon.Connections;

/// <summary>The codes of the conditions that <c>landline status</c> warns of; docs/errors.md lists them.</summary>
public static class WarningCodes
{
    public const string AttachmentEnded = "attachment-ended";
    public const string DaemonSilent = "daemon-silent";
    public const string DaemonVersion = "daemon-version";
    public const string FirewallDrops = "firewall-drops";
    public const string DomainsLeftOut = "domains-left-out";
    public const string ResolverOverwritten = "resolver-overwritten";
    public const string RoutesRefused = "routes-refused";
    public const string NameUnresolved = "name-unresolved";
    public const string FilesNotMounted = "files-not-mounted";
    public const string ManagerVersion = "manager-version";
    public const string NamespaceUnknown = "namespace-unknown";
}
