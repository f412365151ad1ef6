using Landline.Networking.Interop;

namespace Landline.Networking.Files;

/// <summary>Whose permissions the kernel checks when a thread touches files.</summary>
public sealed record FileIdentity(uint UserId, uint GroupId, IReadOnlyList<uint> Groups)
{
    /// <summary>
    /// Gives the calling thread this identity for files, for good: the thread must be one of its own that ends with
    /// its work, never one of the pool. A user other than root loses root's way past permissions with it
    /// (capabilities(7), "Effect of user ID changes on capabilities").
    /// </summary>
    public unsafe void TakeOn()
    {
        uint[] groups = [.. Groups];
        fixed (uint* first = groups)
        {
            if (Libc.setgroups(Libc.SYS_setgroups, groups.Length, first) < 0)
            {
                throw FileError.OfLastCall();
            }
        }

        _ = Libc.setfsgid(GroupId);
        _ = Libc.setfsuid(UserId);

        // Both return the value of before and never an error: asking once more is the only way to know.
        if ((uint)Libc.setfsgid(GroupId) != GroupId || (uint)Libc.setfsuid(UserId) != UserId)
        {
            throw new FileError(FileError.OperationNotPermitted);
        }
    }
}
