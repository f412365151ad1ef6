namespace Landline.Protocol.Sessions;

/// <summary>The server knows who we are and does not want this session; the message is its reason.</summary>
public sealed class SessionRefusedException(string reason) : Exception(reason);
