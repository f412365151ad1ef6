using Landline.Networking.Files;

namespace Landline.Cluster.Agent.Files;

/// <summary>Names and flags between SFTP and the container's file system.</summary>
internal static class SftpPath
{
    // Open flags of draft-ietf-secsh-filexfer-02, section 6.3.
    private const uint OpenRead = 0x1;
    private const uint OpenWrite = 0x2;
    private const uint OpenAppend = 0x4;
    private const uint OpenCreate = 0x8;
    private const uint OpenTruncate = 0x10;
    private const uint OpenNew = 0x20;

    public static FileUse UseOf(uint flags) =>
        ((flags & OpenRead) != 0 ? FileUse.Read : 0)
        | ((flags & OpenWrite) != 0 ? FileUse.Write : 0)
        | ((flags & OpenAppend) != 0 ? FileUse.Append : 0)
        | ((flags & OpenCreate) != 0 ? FileUse.Create : 0)
        | ((flags & OpenTruncate) != 0 ? FileUse.Truncate : 0)
        | ((flags & OpenNew) != 0 ? FileUse.New : 0);

    public static SftpAttributes AttributesOf(FileStatus status) => new()
    {
        Flags = SftpAttributeFlags.Size | SftpAttributeFlags.Owner | SftpAttributeFlags.Permissions | SftpAttributeFlags.Times,
        Size = status.SizeBytes,
        UserId = status.UserId,
        GroupId = status.GroupId,
        Mode = status.Mode,
        AccessedSeconds = Seconds(status.AccessedSeconds),
        ModifiedSeconds = Seconds(status.ModifiedSeconds),
    };

    /// <summary>
    /// The absolute form of a name, by its text alone: a relative one counts from the root. Links are left in it; they
    /// are resolved, inside the root, when the name is used.
    /// </summary>
    public static byte[] Normalize(ReadOnlySpan<byte> path)
    {
        var parts = new List<byte[]>();
        foreach (Range range in path.Split((byte)'/'))
        {
            ReadOnlySpan<byte> part = path[range];
            if (part.IsEmpty || part.SequenceEqual("."u8))
            {
                continue;
            }

            if (!part.SequenceEqual(".."u8))
            {
                parts.Add(part.ToArray());
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
        }

        return parts.Count == 0 ? [(byte)'/'] : [.. parts.SelectMany(part => (byte[])[(byte)'/', .. part])];
    }

    // The field ends in 2106; dates outside of it are shown as its ends.
    private static uint Seconds(long value) => (uint)Math.Clamp(value, 0, uint.MaxValue);
}
