namespace Landline.Networking.Dns.SystemSettings;

/// <summary>Somebody else has written in the place of a connection's resolver settings.</summary>
/// <param name="IsInForce">False: the settings are not kept in force any more, or cannot be; a later notice says when they are.</param>
/// <param name="Line">For the log.</param>
/// <param name="WriteFailure">Why they cannot be written again; null: they can, but others come back.</param>
public sealed record ResolverNotice(bool IsInForce, string Line, string? WriteFailure = null);
