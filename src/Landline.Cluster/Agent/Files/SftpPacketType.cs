namespace Landline.Cluster.Agent.Files;

/// <summary>Packet types of SFTP version 3 (draft-ietf-secsh-filexfer-02, section 3).</summary>
internal enum SftpPacketType : byte
{
    Init = 1,
    Version = 2,
    Open = 3,
    Close = 4,
    Read = 5,
    Write = 6,
    LinkStatus = 7,
    HandleStatus = 8,
    SetStatus = 9,
    SetHandleStatus = 10,
    OpenDirectory = 11,
    ReadDirectory = 12,
    Remove = 13,
    MakeDirectory = 14,
    RemoveDirectory = 15,
    RealPath = 16,
    Status = 17,
    Rename = 18,
    ReadLink = 19,
    SymbolicLink = 20,
    StatusAnswer = 101,
    HandleAnswer = 102,
    DataAnswer = 103,
    NameAnswer = 104,
    AttributesAnswer = 105,
    Extended = 200,
    ExtendedAnswer = 201,
}
