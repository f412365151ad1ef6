using Landline.Protocol.Streams;

namespace Landline.Protocol.Sessions;

/// <summary>
/// Told of every stream that the peer opens, on the link's reader: return at once, never block, and have somebody
/// call Accept or Refuse. An exception that escapes refuses the stream.
/// </summary>
public delegate void StreamAcceptor(Session session, SessionStream stream);
