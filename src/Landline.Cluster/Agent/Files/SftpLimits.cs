namespace Landline.Cluster.Agent.Files;

/// <summary>Bounds that keep one workstation from making the agent hold much memory or many descriptors.</summary>
internal static class SftpLimits
{
    /// <summary>OpenSSH's limit, which sshfs stays under.</summary>
    public const int LargestPacketBytes = 256 * 1024;

    /// <summary>Largest read that is answered with data; a longer request gets a short answer, as the draft allows.</summary>
    public const int LargestReadBytes = 128 * 1024;

    /// <summary>PATH_MAX of limits.h, with the NUL byte.</summary>
    public const int LongestPathBytes = 4096;

    /// <summary>Open files and directories of one session.</summary>
    public const int OpenHandles = 1024;

    /// <summary>Names in one answer to READDIR: some 20 KiB of typical names.</summary>
    public const int NamesPerAnswer = 128;
}
