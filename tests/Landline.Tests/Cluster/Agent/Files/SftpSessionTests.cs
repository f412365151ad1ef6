using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Landline.Cluster.Agent.Files;
using Landline.Networking.Files;

namespace Landline.Tests.Cluster.Agent.Files;

public sealed class SftpSessionTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("landline-sftp-");
    private readonly ContainerRoot _root;

    public SftpSessionTests() => _root = ContainerRoot.Open(_directory.FullName);

    public void Dispose()
    {
        _root.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void A_session_begins_with_version_3_and_its_extensions()
    {
        using var session = new SftpSession(_root, readOnly: false);

        byte[] answer = session.Answer([1, 0, 0, 0, 3]).ToArray();

        Assert.Equal(answer.Length - 4, BinaryPrimitives.ReadInt32BigEndian(answer));
        Assert.Equal(new byte[] { 2, 0, 0, 0, 3 }, answer[4..9]);
        Assert.Contains("posix-rename@openssh.com", Encoding.ASCII.GetString(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_written_and_read_back_at_any_offset()
    {
        using var client = new SftpClient(_root, readOnly: false);
        byte[] handle = client.Open("/new.txt", 0x1 | 0x2 | 0x8);

        Assert.Equal(SftpStatusCode.Ok, client.Write(handle, 3, "landline"));

        Assert.Equal("\0\0\0landline", client.Read(handle, 0, 100));
        Assert.Equal("line", client.Read(handle, 7, 4));
        Assert.Equal("\0\0\0landline", File.ReadAllText(Path.Combine(_directory.FullName, "new.txt")));
    }

    [Theory]
    [InlineData("/../../../../../../etc/passwd")]
    [InlineData("/escape")]
    [InlineData("/deep/escape")]
    [InlineData("/absolute/passwd")]
    public void No_path_and_no_link_leaves_the_root(string path)
    {
        Directory.CreateDirectory(Path.Combine(_directory.FullName, "deep"));
        File.CreateSymbolicLink(Path.Combine(_directory.FullName, "escape"), "/etc/passwd");
        File.CreateSymbolicLink(Path.Combine(_directory.FullName, "deep/escape"), "../../../../../../../etc/passwd");
        File.CreateSymbolicLink(Path.Combine(_directory.FullName, "absolute"), "/etc");
        using var client = new SftpClient(_root, readOnly: false);

        Assert.Equal(SftpStatusCode.NoSuchFile, client.Status(SftpPacketType.Open, w =>
        {
            w.WriteBytes(Encoding.UTF8.GetBytes(path));
            w.WriteUInt32(1);
            w.WriteAttributes(default);
        }));
    }

    [Fact]
    public void An_absolute_link_means_the_file_inside_the_root()
    {
        Directory.CreateDirectory(Path.Combine(_directory.FullName, "etc"));
        File.WriteAllText(Path.Combine(_directory.FullName, "etc/passwd"), "inside");
        File.CreateSymbolicLink(Path.Combine(_directory.FullName, "link"), "/etc/passwd");
        using var client = new SftpClient(_root, readOnly: false);

        Assert.Equal("inside", client.Read(client.Open("/link", 0x1), 0, 100));
    }

    [Fact]
    public void A_read_only_session_refuses_every_change_and_still_reads()
    {
        File.WriteAllText(Path.Combine(_directory.FullName, "kept"), "kept");
        using var client = new SftpClient(_root, readOnly: true);

        Assert.Equal(SftpStatusCode.PermissionDenied, client.OnPath(SftpPacketType.Remove, "/kept"));
        Assert.Equal(SftpStatusCode.PermissionDenied, client.OnPath(SftpPacketType.RemoveDirectory, "/kept"));
        Assert.Equal(SftpStatusCode.PermissionDenied, client.Status(SftpPacketType.Open, w =>
        {
            w.WriteBytes("/kept"u8);
            w.WriteUInt32(0x2 | 0x10);
            w.WriteAttributes(default);
        }));
        Assert.Equal("kept", client.Read(client.Open("/kept", 0x1), 0, 100));
    }

    [Fact]
    public void A_rename_replaces_only_by_the_extension()
    {
        File.WriteAllText(Path.Combine(_directory.FullName, "a"), "a");
        File.WriteAllText(Path.Combine(_directory.FullName, "b"), "b");
        using var client = new SftpClient(_root, readOnly: false);

        Assert.Equal(SftpStatusCode.Failure, client.Status(SftpPacketType.Rename, w =>
        {
            w.WriteBytes("/a"u8);
            w.WriteBytes("/b"u8);
        }));
        Assert.Equal(SftpStatusCode.Ok, client.Status(SftpPacketType.Extended, w =>
        {
            w.WriteBytes("posix-rename@openssh.com"u8);
            w.WriteBytes("/a"u8);
            w.WriteBytes("/b"u8);
        }));
        Assert.Equal("a", File.ReadAllText(Path.Combine(_directory.FullName, "b")));
    }

    [Fact]
    public void A_pipe_is_refused_and_does_not_block()
    {
        using var made = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("mkfifo", [Path.Combine(_directory.FullName, "pipe")]))!;
        made.WaitForExit();
        using var client = new SftpClient(_root, readOnly: false);

        Assert.Equal(SftpStatusCode.Unsupported, client.Status(SftpPacketType.Open, w =>
        {
            w.WriteBytes("/pipe"u8);
            w.WriteUInt32(1);
            w.WriteAttributes(default);
        }));
    }

    [Fact]
    public void A_directory_lists_every_name_once()
    {
        string[] expected = [.. Enumerable.Range(0, 500).Select(i => $"file-{i:000}")];
        foreach (string name in expected)
        {
            File.WriteAllText(Path.Combine(_directory.FullName, name), "");
        }

        using var client = new SftpClient(_root, readOnly: false);

        Assert.Equal([".", "..", .. expected], client.List("/").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", "/")]
    [InlineData(".", "/")]
    [InlineData("/a/./b/../c//d/", "/a/c/d")]
    [InlineData("../../x", "/x")]
    public void A_path_is_normalized_by_its_text(string path, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(SftpPath.Normalize(Encoding.UTF8.GetBytes(path))));

    [Fact]
    public void Any_garbage_is_answered_or_ends_the_session_and_nothing_else()
    {
        Prop.ForAll<byte[]>(garbage =>
        {
            using var session = new SftpSession(_root, readOnly: true);
            session.Answer([1, 0, 0, 0, 3]);
            try
            {
                session.Answer(garbage);
            }
            catch (SftpProtocolException)
            {
                return;
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_field_longer_than_its_packet_ends_the_session()
    {
        using var session = new SftpSession(_root, readOnly: true);
        session.Answer([1, 0, 0, 0, 3]);

        Assert.Throws<SftpProtocolException>(() => session.Answer([17, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, (byte)'/']));
    }
}
