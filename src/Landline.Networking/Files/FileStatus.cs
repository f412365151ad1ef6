namespace Landline.Networking.Files;

/// <summary>What statx(2) tells of a file. <see cref="Mode"/> holds type and permissions; times are seconds since 1970.</summary>
public readonly record struct FileStatus(
    uint Mode, uint Links, uint UserId, uint GroupId, ulong SizeBytes, long AccessedSeconds, long ModifiedSeconds);
