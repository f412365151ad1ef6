namespace Landline.Protocol.Frames;

/// <summary>The peer broke the session protocol. Nothing it sends can be trusted any more: end the link and the session, never the process.</summary>
public sealed class SessionProtocolException(string message) : Exception(message);
