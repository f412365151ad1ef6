namespace Landline.Protocol.Streams;

/// <summary>Opening (opener) or Offered (acceptor) → Open → Over. A stream that is over is forgotten by the session.</summary>
internal enum StreamPhase : byte
{
    /// <summary>The opener waits for Opened or Reset. The peer may send nothing else.</summary>
    Opening,

    /// <summary>The acceptor has not answered. The opener may send no data, since it has no credit.</summary>
    Offered,

    Open,

    /// <summary>Both sent End, one sent Reset, or the session is over.</summary>
    Over,
}

/// <summary>A stream's share of the session's state. Guarded by the session's gate.</summary>
internal sealed class StreamFlow
{
    // Taken by the reader and not yet given back as credit. Not guarded: readers add, the gate's owner takes.
    private int _consumed;

    public StreamPhase Phase { get; set; }

    public bool EndSent { get; set; }

    public bool EndReceived { get; set; }

    /// <summary>Bytes that may still be sent.</summary>
    public long SendCredit { get; set; }

    /// <summary>Bytes that the peer may still send.</summary>
    public long ReceiveCredit { get; set; }

    /// <summary>What the receive credit is topped up to.</summary>
    public int Window { get; set; }

    /// <summary>Bytes returned and time passed since the window was last judged.</summary>
    public long EpochBytes { get; set; }

    public TimeSpan EpochStart { get; set; }

    /// <summary>Somebody wants to write and waits for credit or for a turn.</summary>
    public bool WantsTurn { get; set; }

    public bool InTurnQueue { get; set; }

    public SessionStream? NextInTurnQueue { get; set; }

    /// <summary>Needs no lock. True = a quarter of the window has been taken, which is worth a frame.</summary>
    public bool AddConsumed(int bytes) => Interlocked.Add(ref _consumed, bytes) >= Window / 4;

    public int TakeConsumed() => Interlocked.Exchange(ref _consumed, 0);
}
