namespace Landline.Protocol.Api;

/// <summary>A failure that the user can act on, as the daemon's API tells it (with status 422).</summary>
public sealed record ApiError(string Code, string Message, string Hint);
