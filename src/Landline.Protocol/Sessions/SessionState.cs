namespace Landline.Protocol.Sessions;

/// <summary>
/// Connecting → Connected ⇄ Reconnecting → Ended. Ended is final: every stream has ended with it.
/// </summary>
public enum SessionState
{
    /// <summary>The first link is being made.</summary>
    Connecting,

    /// <summary>There is a link.</summary>
    Connected,

    /// <summary>The link is gone; the streams stall until a new one resumes the session or the grace has run out.</summary>
    Reconnecting,

    /// <summary>The session is over; see <see cref="Session.EndReason"/>.</summary>
    Ended,
}
