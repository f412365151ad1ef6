using Landline.Protocol.Streams;

namespace Landline.Daemon.PacketEngine;

/// <summary>
/// One TCP connection in the NAT table. Its identity is its generation: a later connection with the same addresses or
/// on the same port is another object, so that a late release cannot hit it. Guarded by the table's lock.
/// <code>
/// Offered ──accepted──► Connected ──relay ended──► Closing ──FINs or RST seen, quiet──► Released
///    └────── given up: not accepted in time, or RST ──────────┘
/// </code>
/// </summary>
internal sealed class NatEntry(FlowKey flow, uint initialSequenceNumber, ushort port, SessionStream? stream)
{
    public FlowKey Flow { get; } = flow;

    /// <summary>Tells a repeated SYN from a new connection on the same addresses.</summary>
    public uint InitialSequenceNumber { get; } = initialSequenceNumber;

    /// <summary>The peer's port that stands for the flow on the listener's side.</summary>
    public ushort Port { get; } = port;

    /// <summary>Opened and waiting for the accepted socket. Null only where a test needs none.</summary>
    public SessionStream? Stream { get; } = stream;

    public NatState State { get; set; }

    /// <summary>Timestamp: when it was offered, or, while it closes, of the last segment.</summary>
    public long Since { get; set; }

    public bool FinFromProcess { get; set; }

    public bool FinFromListener { get; set; }

    public bool Reset { get; set; }

    /// <summary>Nothing but repeated last words will come.</summary>
    public bool IsFinished => Reset || (FinFromProcess && FinFromListener);
}

/// <summary>See <see cref="NatEntry"/>.</summary>
internal enum NatState
{
    Offered,
    Connected,
    Closing,
    Released,
}
