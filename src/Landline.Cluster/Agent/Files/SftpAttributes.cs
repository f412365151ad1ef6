namespace Landline.Cluster.Agent.Files;

/// <summary>Which fields of <see cref="SftpAttributes"/> are present (draft-ietf-secsh-filexfer-02, section 5).</summary>
[Flags]
internal enum SftpAttributeFlags : uint
{
    None = 0,
    Size = 0x1,
    Owner = 0x2,
    Permissions = 0x4,
    Times = 0x8,
    Extended = 0x80000000,
}

/// <summary>A file's attributes as SFTP version 3 carries them: times in whole seconds since 1970.</summary>
internal struct SftpAttributes
{
    public SftpAttributeFlags Flags;
    public ulong Size;
    public uint UserId;
    public uint GroupId;

    /// <summary>File type and permission bits as in <c>st_mode</c> (inode(7)).</summary>
    public uint Mode;

    public uint AccessedSeconds;
    public uint ModifiedSeconds;
}
