namespace Landline.Protocol.Sessions;

/// <summary>A piece of the frame log. Whole frames only. Guarded by the session's gate.</summary>
internal sealed class LogBlock
{
    private static readonly Lock PoolGate = new();
    private static readonly Stack<LogBlock> Pool = new();

    // 2 MiB: what a busy process keeps warm. The rest goes to the garbage collector after a burst.
    private const int PooledBlocks = 16;

    private LogBlock()
    {
    }

    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(SessionLimits.BlockBytes);

    /// <summary>Position in the session of the first byte.</summary>
    public long Start { get; set; }

    public int Length { get; set; }

    public LogBlock? Next { get; set; }

    /// <summary>Writes to links that still read these bytes; the block is not reused before they have finished.</summary>
    public int Pins { get; set; }

    /// <summary>Nothing in it will be asked for again; the last pin gives it back.</summary>
    public bool Released { get; private set; }

    public long End => Start + Length;

    /// <summary>Last in, first out, so that a session works in memory that is still in the cache.</summary>
    public static LogBlock Rent(long start)
    {
        LogBlock? block;
        lock (PoolGate)
        {
            Pool.TryPop(out block);
        }

        block ??= new LogBlock();
        block.Start = start;
        block.Length = 0;
        block.Next = null;
        block.Released = false;
        return block;
    }

    public static void ClearPool()
    {
        lock (PoolGate)
        {
            Pool.Clear();
            Pool.TrimExcess();
        }
    }

    public void Release()
    {
        Released = true;
        if (Pins == 0)
        {
            lock (PoolGate)
            {
                if (Pool.Count < PooledBlocks)
                {
                    Pool.Push(this);
                }
            }
        }
    }

    public void Unpin()
    {
        Pins--;
        if (Released)
        {
            Release();
        }
    }
}
