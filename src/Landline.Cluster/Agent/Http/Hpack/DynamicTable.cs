namespace Landline.Cluster.Agent.Http.Hpack;

/// <summary>The fields that the peer told the decoder to remember, newest first; the oldest go when the size is exceeded.</summary>
internal sealed class DynamicTable
{
    /// <summary>What we offer, and the protocol's initial value (RFC 9113, 6.5.2).</summary>
    public const int LargestSize = 4096;

    private readonly Ring _entries = new();
    private int _size;
    private int _limit = LargestSize;

    public int Count => _entries.Count;

    /// <param name="index">0 is the newest.</param>
    public HpackEntry Get(int index) => _entries[index];

    public void Add(HpackEntry entry)
    {
        Evict(_limit - entry.Size);

        // An entry larger than the table empties it and is not kept (RFC 7541, 4.4).
        if (entry.Size <= _limit)
        {
            _entries.AddNewest(entry);
            _size += entry.Size;
        }
    }

    public void Resize(int limit)
    {
        _limit = limit;
        Evict(limit);
    }

    private void Evict(int limit)
    {
        while (_entries.Count > 0 && _size > limit)
        {
            _size -= _entries.RemoveOldest().Size;
        }
    }

    /// <summary>A ring of as many entries as can ever fit: each costs at least its overhead.</summary>
    private sealed class Ring
    {
        private readonly HpackEntry?[] _slots = new HpackEntry?[LargestSize / HpackEntry.Overhead];
        private int _newest = -1;

        public int Count { get; private set; }

        public HpackEntry this[int index] => _slots[(_newest - index + _slots.Length) % _slots.Length]!;

        public void AddNewest(HpackEntry entry)
        {
            _newest = (_newest + 1) % _slots.Length;
            _slots[_newest] = entry;
            Count++;
        }

        public HpackEntry RemoveOldest()
        {
            int oldest = (_newest - Count + 1 + _slots.Length) % _slots.Length;
            HpackEntry entry = _slots[oldest]!;
            _slots[oldest] = null;
            Count--;
            return entry;
        }
    }
}
