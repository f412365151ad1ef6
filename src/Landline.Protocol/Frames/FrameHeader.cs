namespace Landline.Protocol.Frames;

/// <summary>The eight bytes before each payload. <paramref name="StreamId"/> is zero for frames about the session.</summary>
public readonly record struct FrameHeader(FrameKind Kind, int Length, uint StreamId)
{
    /// <summary>Counted frames are part of what a resumed session continues; the others are about one link.</summary>
    public bool IsCounted => Kind <= FrameKind.GoAway;
}
