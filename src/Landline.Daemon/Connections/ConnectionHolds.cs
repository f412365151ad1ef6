namespace Landline.Daemon.Connections;

/// <summary>
/// Who needs a connection: the requests that hold it, and for ever whoever asked for it without holding it. When nobody
/// does any more it is about to end, and nobody can join. Any thread may call anything.
/// </summary>
internal sealed class ConnectionHolds
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _holds = new(StringComparer.Ordinal);
    private bool _stays;
    private bool _isOver;

    /// <param name="isHeld">False: the connection stays from now on, until somebody ends it.</param>
    /// <param name="hold">What to let go of it by; null where it stays.</param>
    /// <returns>False: it is about to end.</returns>
    public bool TryJoin(bool isHeld, out string? hold)
    {
        hold = isHeld ? Guid.NewGuid().ToString("N") : null;
        lock (_lock)
        {
            if (_isOver)
            {
                return false;
            }

            if (hold is null)
            {
                _stays = true;
            }
            else
            {
                _holds.Add(hold);
            }

            return true;
        }
    }

    /// <returns>True: nobody needs the connection any more, and the caller must end it.</returns>
    public bool Release(string hold)
    {
        lock (_lock)
        {
            return _holds.Remove(hold) && !_stays && _holds.Count == 0 && End();
        }
    }

    /// <summary>Another connection takes the place of this one, which was lost.</summary>
    /// <returns>False: somebody is about to end it.</returns>
    public bool TryEnd()
    {
        lock (_lock)
        {
            return End();
        }
    }

    private bool End()
    {
        bool isFirst = !_isOver;
        _isOver = true;
        return isFirst;
    }
}
