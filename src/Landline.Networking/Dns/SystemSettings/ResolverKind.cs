namespace Landline.Networking.Dns.SystemSettings;

/// <summary>How this machine's programs find their name server.</summary>
public enum ResolverKind
{
    /// <summary>/etc/resolv.conf, read by the C library; one server list for every name.</summary>
    ResolvConf,

    /// <summary>systemd-resolved, which keeps servers and domains per network device and forgets them with it.</summary>
    SystemdResolved,
}
