using Landline.Daemon.Attachments.Mounts;

namespace Landline.Tests.Daemon.Attachments;

public sealed class MountTableTests
{
    // As Linux writes it: blanks and backslashes in the path as octal numbers.
    private static readonly string[] Table =
    [
        "22 28 0:21 / /proc rw,nosuid shared:14 - proc proc rw",
        """310 28 0:52 / /home/alice/my\040files rw,nosuid,nodev shared:9 - fuse.sshfs landline rw,user_id=1000""",
        """311 28 0:53 / /tmp/back\134slash rw - tmpfs none rw""",
    ];

    [Theory]
    [InlineData("/proc", true)]
    [InlineData("/home/alice/my files", true)]
    [InlineData(@"/tmp/back\slash", true)]
    [InlineData("/home/alice", false)]
    [InlineData("/", false)]
    public void A_mount_is_known_by_its_path(string path, bool expected) => Assert.Equal(expected, MountTable.Contains(Table, path));
}
