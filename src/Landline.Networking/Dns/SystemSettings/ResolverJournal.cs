using System.Net;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>
/// Puts name servers of connections into resolv.conf and takes them out again, in any order, with a journal that
/// allows everybody to see, and root to undo, what a killed net helper has left. The changing methods need root.
/// Order of writing: journal before file when something is added, file before journal when the last one goes. So
/// whenever the process or the machine dies, the journal and the file together say what the original was.
/// </summary>
public sealed class ResolverJournal(ResolverPaths paths)
{
    /// <summary>A cheap look that any user may take: has a net helper died without putting the resolver back?</summary>
    public bool NeedsRepair()
    {
        if (Load() is { } state)
        {
            return state.Overlays.Any(overlay => !overlay.Owner.IsAlive);
        }

        try
        {
            return ResolvConf.HasBlock(InPlaceFile.Read(paths.ResolvConf) ?? string.Empty);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Removes overlays whose net helper is gone.</summary>
    /// <exception cref="ResolverException">Not possible now; nothing was changed.</exception>
    public Task RepairAsync(CancellationToken cancellationToken) =>
        ChangeAsync(overlays => [.. overlays.Where(overlay => overlay.Owner.IsAlive)], cancellationToken);

    /// <summary>Puts an overlay on top, or in its old place when its owner had one with this name server already.</summary>
    /// <exception cref="ResolverException">Not possible; nothing was changed.</exception>
    public Task PutAsync(ResolverOverlay overlay, CancellationToken cancellationToken) =>
        ChangeAsync(overlays => With(overlays, overlay), cancellationToken);

    /// <summary>
    /// Puts everything on top of the file's new content when somebody else has written it since; that content is what
    /// comes back in the end.
    /// </summary>
    /// <returns>Whether somebody has.</returns>
    /// <exception cref="ResolverException">Somebody has, and it is not possible now; nothing was changed.</exception>
    public async Task<bool> PutAgainAsync(ResolverOverlay overlay, CancellationToken cancellationToken)
    {
        // The look without the lock may come between another helper's two writes; the one under it does not.
        bool wasOverwritten = !IsInForce(overlay);
        if (wasOverwritten)
        {
            await ChangeAsync(
                overlays =>
                {
                    wasOverwritten = !IsInForce(overlay);

                    // The journal's own is the latest, if it still has it.
                    return wasOverwritten ? With(overlays, overlays.FirstOrDefault(other => IsSame(other, overlay)) ?? overlay) : overlays;
                },
                cancellationToken);
        }

        return wasOverwritten;
    }

    /// <summary>Takes an overlay, and those of dead owners, out. Does nothing when it is not there.</summary>
    /// <exception cref="ResolverException">Not possible now; nothing was changed.</exception>
    public Task RemoveAsync(ResolverOverlay overlay, CancellationToken cancellationToken) => ChangeAsync(
        overlays => [.. overlays.Where(other => other.Owner.IsAlive && !IsSame(other, overlay))], cancellationToken);

    /// <summary>The servers below the connection with this name server: the next overlay's, or the original ones.</summary>
    public IReadOnlyList<IPAddress> ServersBelow(IPAddress nameServer)
    {
        ResolverState state = Load() ?? ResolverState.Empty;
        return Below(state, nameServer) is { } below ? [below.Address] : ResolvConf.NameServers(state.Original ?? string.Empty);
    }

    /// <summary>Whether the server below the connection with this name server is another connection's.</summary>
    public bool HasConnectionBelow(IPAddress nameServer) => Below(Load() ?? ResolverState.Empty, nameServer) is not null;

    private static List<ResolverOverlay> With(IReadOnlyList<ResolverOverlay> overlays, ResolverOverlay overlay)
    {
        List<ResolverOverlay> living = [.. overlays.Where(other => other.Owner.IsAlive)];
        int place = living.FindIndex(other => IsSame(other, overlay));
        if (place < 0)
        {
            living.Add(overlay);
        }
        else
        {
            living[place] = overlay;
        }

        return living;
    }

    private static ResolverOverlay? Below(ResolverState state, IPAddress nameServer) => state.Overlays
        .TakeWhile(overlay => !overlay.Address.Equals(nameServer))
        .LastOrDefault(overlay => overlay.Owner.IsAlive);

    private static bool IsSame(ResolverOverlay one, ResolverOverlay other) =>
        one.Owner == other.Owner && one.NameServer == other.NameServer;

    private bool IsInForce(ResolverOverlay overlay)
    {
        try
        {
            return Load() is { } state
                && state.Overlays.Any(other => IsSame(other, overlay))
                && InPlaceFile.Read(paths.ResolvConf) == state.Written;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // The copy only counts after a reboot, when the journal proper is gone.
    private ResolverState? Load() => ResolverState.Load(paths.Journal) ?? ResolverState.Load(paths.Backup);

    private async Task ChangeAsync(
        Func<IReadOnlyList<ResolverOverlay>, IReadOnlyList<ResolverOverlay>> change, CancellationToken cancellationToken)
    {
        try
        {
            using var _ = await ResolverLock.TakeAsync(paths, cancellationToken);
            ResolverState before = Load() ?? ResolverState.Empty;
            string? current = InPlaceFile.Read(paths.ResolvConf);
            string? original = Original(before, current);
            IReadOnlyList<ResolverOverlay> overlays = change(before.Overlays);
            if (overlays.Count == 0)
            {
                PutBack(current, original);
            }
            else
            {
                PutOn(before, new ResolverState
                {
                    Original = original,
                    Written = ResolvConf.Compose(original ?? string.Empty, overlays),
                    Overlays = overlays,
                });
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ResolverException(e.Message.TrimEnd('.'), e);
        }
    }

    // What the file would be without us.
    private static string? Original(ResolverState state, string? current)
    {
        if (current is null || (state.Overlays.Count > 0 && current == state.Written))
        {
            return current is null ? null : state.Original;
        }

        return ResolvConf.Strip(current, state.Written, state.Original ?? string.Empty);
    }

    private void PutBack(string? current, string? original)
    {
        if (original is null)
        {
            InPlaceFile.Delete(paths.ResolvConf);
        }
        else if (current != original)
        {
            InPlaceFile.Write(paths.ResolvConf, original);
        }

        DeleteJournal();
    }

    // On machines whose resolv.conf is in memory the backup's directory does not even exist.
    private void DeleteJournal()
    {
        foreach (string path in (string[])[paths.Journal, paths.Backup])
        {
            if (File.Exists(path))
            {
                File.Delete(path);
            }
        }
    }

    private void PutOn(ResolverState before, ResolverState after)
    {
        try
        {
            after.Save(paths.Journal);
            if (FileSystem.Survives(paths.ResolvConf))
            {
                after.Save(paths.Backup);
            }

            InPlaceFile.Write(paths.ResolvConf, after.Written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (before.Overlays.Count == 0)
            {
                DeleteJournal();
                if (after.Original is null)
                {
                    InPlaceFile.Delete(paths.ResolvConf);
                }
            }
            else
            {
                before.Save(paths.Journal);
            }

            throw;
        }
    }
}
