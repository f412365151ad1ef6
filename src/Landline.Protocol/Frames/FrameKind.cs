namespace Landline.Protocol.Frames;

/// <summary>
/// What a frame means. The numbers are on the wire: never reuse one. Frames up to <see cref="GoAway"/> are counted:
/// they are kept until acknowledged and sent again on a new link. The others belong to one link.
/// </summary>
public enum FrameKind : byte
{
    /// <summary>Opens a stream: kind of stream, the opener's receive window, and a payload for the acceptor.</summary>
    Open = 1,

    /// <summary>The acceptor took the stream; carries its receive window.</summary>
    Opened = 2,

    /// <summary>Bytes of the stream, or one datagram.</summary>
    Data = 3,

    /// <summary>The sender writes nothing more to this stream; it still reads (TCP FIN).</summary>
    End = 4,

    /// <summary>The stream is over in both directions, for a reason (TCP RST).</summary>
    Reset = 5,

    /// <summary>The receiver may be sent this many more bytes.</summary>
    Window = 6,

    /// <summary>The sender drains: its peer opens nothing new.</summary>
    GoAway = 7,

    /// <summary>How many bytes of counted frames have been received in this session.</summary>
    Acknowledge = 8,

    /// <summary>Asks for a <see cref="Pong"/> with the same eight bytes.</summary>
    Ping = 9,

    Pong = 10,

    /// <summary>The session is over, for a reason. The last frame of a link.</summary>
    Close = 11,
}
