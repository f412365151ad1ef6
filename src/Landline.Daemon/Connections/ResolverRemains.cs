using Landline.Networking.Dns.SystemSettings;

namespace Landline.Daemon.Connections;

/// <summary>What a net helper that was killed may have left: everything else of it the kernel removes.</summary>
public static class ResolverRemains
{
    /// <summary>Reads two small files; every command calls it.</summary>
    public static bool Exist() => new ResolverJournal(ResolverPaths.Default).NeedsRepair();
}
