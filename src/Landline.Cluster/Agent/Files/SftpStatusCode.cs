namespace Landline.Cluster.Agent.Files;

/// <summary>Results of a request (draft-ietf-secsh-filexfer-02, section 7).</summary>
internal enum SftpStatusCode : uint
{
    Ok = 0,
    EndOfFile = 1,
    NoSuchFile = 2,
    PermissionDenied = 3,
    Failure = 4,
    BadMessage = 5,
    Unsupported = 8,
}
