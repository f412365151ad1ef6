using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>
/// One line of the daemon's answer to an <see cref="AttachRequest"/>. The last line is <see cref="AttachedEvent"/> or
/// <see cref="AttachFailedEvent"/>, and for a request that holds its attachment <see cref="AttachmentEndedEvent"/>; an
/// answer that ends without them means that the daemon died.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(AttachProgressEvent), "progress")]
[JsonDerivedType(typeof(AttachedEvent), "attached")]
[JsonDerivedType(typeof(AttachmentEndedEvent), "ended")]
[JsonDerivedType(typeof(AttachFailedEvent), "error")]
public abstract record AttachEvent;

/// <summary>What is waited for now, for people.</summary>
public sealed record AttachProgressEvent(string Message) : AttachEvent;

/// <param name="Warnings">What could not be done though the attachment stands, such as a mount without sshfs.</param>
public sealed record AttachedEvent(AttachmentInfo Attachment, IReadOnlyList<WarningInfo> Warnings) : AttachEvent;

/// <summary>It stood and is over.</summary>
/// <param name="Reason">A clause, for people.</param>
/// <param name="IsMeant">The user of this workstation has detached it or disconnected, and its connections have ended.</param>
public sealed record AttachmentEndedEvent(string Reason, bool IsMeant) : AttachEvent;

/// <summary>A failure that the user can act on; see docs/errors.md for the codes. Nothing of the attachment is left.</summary>
public sealed record AttachFailedEvent(string Code, string Message, string Hint) : AttachEvent;
