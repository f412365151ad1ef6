namespace Landline.Daemon.Api;

/// <summary>Where the processes of one connection meet.</summary>
public sealed record ConnectionDirectory(string ConnectionName, string Path)
{
    /// <summary>The daemon's API.</summary>
    public string DaemonSocket => System.IO.Path.Combine(Path, "daemon.sock");

    /// <summary>Where the daemon waits for its net helper.</summary>
    public string HelperSocket => System.IO.Path.Combine(Path, "helper.sock");

    public string DaemonLog => System.IO.Path.Combine(Path, "daemon.log");

    public string HelperLog => System.IO.Path.Combine(Path, "helper.log");

    /// <summary>Where containers' files appear, and notes of where else they do.</summary>
    public string Mounts => System.IO.Path.Combine(Path, "mounts");

    /// <summary>Locked by the daemon as long as it lives, so that there is one at most.</summary>
    public string Lock => System.IO.Path.Combine(Path, "daemon.lock");

    /// <summary>Removes what a daemon that died left behind. The logs stay: they may tell why.</summary>
    public void RemoveSockets()
    {
        File.Delete(DaemonSocket);
        File.Delete(HelperSocket);
    }
}
