using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>
/// One line of the daemon's answer to a <see cref="ConnectRequest"/>. The last line is <see cref="ConnectedEvent"/>, for a
/// request that holds the connection <see cref="ConnectionEndedEvent"/>, or <see cref="FailedEvent"/>; an answer that ends
/// without one of them means that the daemon died.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ProgressEvent), "progress")]
[JsonDerivedType(typeof(LoginEvent), "login")]
[JsonDerivedType(typeof(HelperNeededEvent), "needHelper")]
[JsonDerivedType(typeof(ConnectedEvent), "connected")]
[JsonDerivedType(typeof(ConnectionEndedEvent), "ended")]
[JsonDerivedType(typeof(FailedEvent), "error")]
public abstract record ConnectEvent;

/// <summary>What the daemon is doing now, for people.</summary>
public sealed record ProgressEvent(string Message) : ConnectEvent;

/// <summary>What the login of the kubeconfig says to its user, as it is to be shown: parts of lines, or several.</summary>
public sealed record LoginEvent(string Text) : ConnectEvent;

/// <summary>The daemon listens on this Unix socket for a net helper that the caller must start as root.</summary>
public sealed record HelperNeededEvent(string Socket) : ConnectEvent;

/// <param name="AlreadyConnected">True when the same connection stood before this request.</param>
/// <param name="Hold">Of a request that holds the connection: what to let go of it by.</param>
public sealed record ConnectedEvent(ConnectionInfo Connection, bool AlreadyConnected, string? Hold = null) : ConnectEvent;

/// <summary>The connection that the request held is over, and not because the request was closed.</summary>
public sealed record ConnectionEndedEvent(string Reason) : ConnectEvent;

/// <summary>A failure that the user can act on; see docs/errors.md for the codes.</summary>
public sealed record FailedEvent(string Code, string Message, string Hint) : ConnectEvent;
