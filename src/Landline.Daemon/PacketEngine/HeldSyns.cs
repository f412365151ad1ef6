namespace Landline.Daemon.PacketEngine;

/// <summary>
/// The SYNs whose far dial is under way. Bounded: when full, a new one is dropped and the kernel repeats it. Any thread;
/// removing decides who acts on a SYN.
/// </summary>
internal sealed class HeldSyns(TimeProvider timeProvider)
{
    /// <summary>Twice what a burst of short connections was seen to hold; 200 bytes each.</summary>
    public const int Most = 16_384;

    private readonly Lock _lock = new();
    private readonly Dictionary<FlowKey, HeldSyn> _held = [];

    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return _held.Count >= Most;
            }
        }
    }

    /// <summary>True = this very SYN is held already.</summary>
    /// <param name="superseded">A SYN of an earlier attempt between the same ports; it is held no longer.</param>
    public bool IsRepeated(in FlowKey flow, uint initialSequenceNumber, out HeldSyn? superseded)
    {
        lock (_lock)
        {
            superseded = null;
            if (!_held.TryGetValue(flow, out HeldSyn? held))
            {
                return false;
            }

            if (held.InitialSequenceNumber == initialSequenceNumber)
            {
                held.SeenAgain(timeProvider);
                return true;
            }

            _held.Remove(flow);
            superseded = held;
            return false;
        }
    }

    /// <summary>The event loop adds, and nobody else, so that <see cref="IsRepeated"/> and <see cref="IsFull"/> still hold.</summary>
    public void Add(HeldSyn syn)
    {
        lock (_lock)
        {
            _held.Add(syn.Flow, syn);
        }
    }

    /// <summary>False = somebody else has removed it.</summary>
    public bool TryRemove(HeldSyn syn)
    {
        lock (_lock)
        {
            return _held.TryGetValue(syn.Flow, out HeldSyn? held) && ReferenceEquals(held, syn) && _held.Remove(syn.Flow);
        }
    }

    /// <summary>Removes those whose process has given up.</summary>
    public List<HeldSyn> RemoveAbandoned() => RemoveWhere(syn => syn.IsAbandoned(timeProvider));

    public List<HeldSyn> RemoveAll() => RemoveWhere(static _ => true);

    private List<HeldSyn> RemoveWhere(Predicate<HeldSyn> condition)
    {
        lock (_lock)
        {
            List<HeldSyn> removed = [.. _held.Values.Where(syn => condition(syn))];
            removed.ForEach(syn => _held.Remove(syn.Flow));
            return removed;
        }
    }
}
