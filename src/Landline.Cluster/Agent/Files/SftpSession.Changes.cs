using System.Text;
using Landline.Networking.Files;

namespace Landline.Cluster.Agent.Files;

/// <content>Requests that change the tree, and OpenSSH's extensions of version 3 (its PROTOCOL file, section 4).</content>
internal sealed partial class SftpSession
{
    private static readonly (string Name, string Version)[] Extensions =
    [
        ("posix-rename@openssh.com", "1"),
        ("statvfs@openssh.com", "2"),
        ("fsync@openssh.com", "1"),
        ("hardlink@openssh.com", "1"),
    ];

    private void Change(SftpPacketType type, uint id, ref SftpReader request)
    {
        if (type is not (SftpPacketType.SetStatus or SftpPacketType.SetHandleStatus or SftpPacketType.Remove
            or SftpPacketType.MakeDirectory or SftpPacketType.RemoveDirectory or SftpPacketType.Rename
            or SftpPacketType.SymbolicLink))
        {
            AnswerStatus(id, SftpStatusCode.Unsupported, $"Request type {(byte)type} is not known.");
            return;
        }

        RefuseWhenReadOnly();
        switch (type)
        {
            case SftpPacketType.SetStatus:
                SetAttributes(request.ReadPath(), request.ReadAttributes());
                break;
            case SftpPacketType.SetHandleStatus:
                SetAttributes(FileOf(ref request), request.ReadAttributes());
                break;
            case SftpPacketType.Remove:
                root.Remove(request.ReadPath(), directory: false);
                break;
            case SftpPacketType.RemoveDirectory:
                root.Remove(request.ReadPath(), directory: true);
                break;
            case SftpPacketType.MakeDirectory:
                byte[] path = request.ReadPath();
                SftpAttributes attributes = request.ReadAttributes();
                root.MakeDirectory(path, attributes.Flags.HasFlag(SftpAttributeFlags.Permissions) ? attributes.Mode : 0x1FD); // 0775
                break;
            case SftpPacketType.Rename:
                RenameToNew(request.ReadPath(), request.ReadPath());
                break;
            default:
                // OpenSSH sends the target first, against the draft, and everybody follows it.
                byte[] target = request.ReadPath();
                root.MakeLink(request.ReadPath(), target);
                break;
        }

        AnswerStatus(id, SftpStatusCode.Ok, "");
    }

    private void Extend(uint id, ref SftpReader request)
    {
        switch (Encoding.ASCII.GetString(request.ReadBytes()))
        {
            case "statvfs@openssh.com":
                AnswerFileSystem(id, root.GetFileSystemStatus(request.ReadPath()));
                return;
            case "posix-rename@openssh.com":
                RefuseWhenReadOnly();
                root.Rename(request.ReadPath(), request.ReadPath());
                break;
            case "hardlink@openssh.com":
                RefuseWhenReadOnly();
                root.MakeHardLink(request.ReadPath(), request.ReadPath());
                break;
            case "fsync@openssh.com":
                FileOf(ref request).Flush();
                break;
            default:
                AnswerStatus(id, SftpStatusCode.Unsupported, "The extension is not known.");
                return;
        }

        AnswerStatus(id, SftpStatusCode.Ok, "");
    }

    // Version 3 says that a rename never replaces; the extension does.
    private void RenameToNew(byte[] from, byte[] to)
    {
        try
        {
            root.GetStatus(to, followLink: false);
        }
        catch (FileError e) when (e.Number == FileError.NoSuchFile)
        {
            root.Rename(from, to);
            return;
        }

        throw new FileError(FileError.Exists);
    }

    private void SetAttributes(byte[] path, SftpAttributes attributes)
    {
        if (attributes.Flags.HasFlag(SftpAttributeFlags.Size))
        {
            root.SetSize(path, ToOffset(attributes.Size));
        }

        if (attributes.Flags.HasFlag(SftpAttributeFlags.Permissions))
        {
            root.SetMode(path, attributes.Mode);
        }

        if (attributes.Flags.HasFlag(SftpAttributeFlags.Owner))
        {
            root.SetOwner(path, attributes.UserId, attributes.GroupId);
        }

        if (attributes.Flags.HasFlag(SftpAttributeFlags.Times))
        {
            root.SetTimes(path, attributes.AccessedSeconds, attributes.ModifiedSeconds);
        }
    }

    private static void SetAttributes(ContainerFile file, SftpAttributes attributes)
    {
        if ((attributes.Flags & ~SftpAttributeFlags.Size) != 0)
        {
            file.SetAttributes(
                attributes.Flags.HasFlag(SftpAttributeFlags.Permissions) ? attributes.Mode : null,
                attributes.Flags.HasFlag(SftpAttributeFlags.Owner) ? (attributes.UserId, attributes.GroupId) : null,
                attributes.Flags.HasFlag(SftpAttributeFlags.Times) ? (attributes.AccessedSeconds, attributes.ModifiedSeconds) : null);
        }

        if (attributes.Flags.HasFlag(SftpAttributeFlags.Size))
        {
            file.SetSize(ToOffset(attributes.Size));
        }
    }
}
