namespace Landline.Protocol.Streams;

/// <summary>Why a stream ended early or was not opened. The numbers are on the wire: never reuse one.</summary>
public enum StreamEndCode : byte
{
    /// <summary>The target refused the connection (TCP RST in answer to SYN).</summary>
    Refused = 1,

    /// <summary>There is no route to the target's network.</summary>
    NetworkUnreachable = 2,

    /// <summary>The target's host does not answer address resolution, or a router said so.</summary>
    HostUnreachable = 3,

    /// <summary>The target did not answer in time.</summary>
    TimedOut = 4,

    /// <summary>The connection was reset (TCP RST), or its owner gave it up.</summary>
    Reset = 5,

    /// <summary>The peer may not open this stream.</summary>
    NotAllowed = 6,

    /// <summary>The session ended, and the stream with it.</summary>
    SessionLost = 7,

    /// <summary>A side broke the protocol or sent an open payload that cannot be read.</summary>
    ProtocolError = 8,

    /// <summary>Whoever asked for the stream withdrew.</summary>
    Canceled = 9,

    /// <summary>Nothing serves this kind of stream there: no handler, no agent.</summary>
    Unavailable = 10,

    /// <summary>The host name does not resolve.</summary>
    NameNotFound = 11,

    /// <summary>The peer drains: it takes no new streams in this session.</summary>
    Draining = 12,

    /// <summary>A limit was reached, such as the number of open streams.</summary>
    TooMany = 13,

    /// <summary>The side that served the stream failed in a way that has no code of its own.</summary>
    Failed = 14,
}

/// <summary>Why a stream ended other than in order. <see cref="Detail"/> says in words what happened and on which side.</summary>
public sealed record StreamEnd(StreamEndCode Code, string Detail)
{
    public override string ToString() => $"{Code}: {Detail}";
}

/// <summary>Thrown by reads, writes and opens of a stream that was reset or lost.</summary>
public sealed class StreamEndedException(StreamEnd end) : IOException($"The stream has ended ({end}).")
{
    public StreamEnd End { get; } = end;
}
