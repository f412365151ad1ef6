using Landline.Daemon.Api;

namespace Landline.Daemon.Attachments.Mounts;

/// <summary>What daemons that were killed may have left mounted; every command looks for it.</summary>
public static class MountRemains
{
    /// <summary>Of every daemon that does not live. Does its best: what cannot be taken away now is tried again.</summary>
    public static async Task RemoveAsync(RuntimeDirectory runtime)
    {
        foreach (ConnectionDirectory directory in runtime.Connections())
        {
            if (MountPlace.Left(directory).Any() && !DaemonLock.IsHeld(directory))
            {
                await RemoveAsync(directory);
            }
        }
    }

    /// <summary>For a daemon that begins.</summary>
    internal static Task RemoveAsync(ConnectionDirectory directory) =>
        Task.WhenAll(MountPlace.Left(directory).Select(place => place.GiveBackAsync()));
}
