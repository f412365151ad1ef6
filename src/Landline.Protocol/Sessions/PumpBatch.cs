namespace Landline.Protocol.Sessions;

/// <summary>
/// While a link's reader works through what one read gave it, the small frames that come of it are collected and sent
/// at the end, one write per session instead of one per frame. Only the reader's own thread defers; others pump at once.
/// </summary>
internal static class PumpBatch
{
    [ThreadStatic]
    private static List<SessionCore>? t_deferred;

    [ThreadStatic]
    private static bool t_active;

    /// <summary>Runs inside a session's gate.</summary>
    public static bool TryDefer(SessionCore core)
    {
        if (!t_active)
        {
            return false;
        }

        List<SessionCore> deferred = t_deferred ??= [];
        if (!deferred.Contains(core))
        {
            deferred.Add(core);
        }

        return true;
    }

    /// <summary>False = this thread is in a batch already, whose owner ends it.</summary>
    public static bool TryBegin()
    {
        bool begun = !t_active;
        t_active = true;
        return begun;
    }

    public static void End()
    {
        t_active = false;
        if (t_deferred is not { Count: > 0 } deferred)
        {
            return;
        }

        // Nothing is deferred any more, and no pump runs a reader: the list only shrinks.
        while (deferred.Count > 0)
        {
            SessionCore core = deferred[^1];
            deferred.RemoveAt(deferred.Count - 1);
            core.PumpNow();
        }
    }
}
