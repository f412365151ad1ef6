using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Landline.Cluster.Agent.Files;
using Landline.Daemon.Attachments;
using Landline.Daemon.Attachments.Mounts;
using Landline.Daemon.Connections;
using Landline.Networking.Files;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>A container's files on the workstation, with the agent's own file service and a real sshfs.</summary>
public sealed class MountTests : IDisposable
{
    private readonly string _container = Directory.CreateTempSubdirectory("landline-container-").FullName;

    public MountTests()
    {
        File.WriteAllText(Path.Combine(_container, "greeting"), "hello");
        Directory.CreateDirectory(Path.Combine(_container, "etc"));
        File.WriteAllText(Path.Combine(_container, "etc/hostname"), "the-container");
        File.CreateSymbolicLink(Path.Combine(_container, "absolute"), "/etc/hostname");
        File.CreateSymbolicLink(Path.Combine(_container, "climbing"), "../../../../../../../etc/hostname");
    }

    [RootFact]
    public async Task The_files_are_there_when_the_attachment_is_and_gone_after_it()
    {
        await using AttachmentScene scene = await StartAsync();

        string root = await FilesOfAsync(scene, await scene.AttachAsync(WithFiles("web")));
        Assert.Equal("hello", await File.ReadAllTextAsync(Path.Combine(root, "greeting"), Deadline.Token));
        await File.WriteAllTextAsync(Path.Combine(root, "written"), "here", Deadline.Token);
        Assert.Equal("here", await File.ReadAllTextAsync(Path.Combine(_container, "written"), Deadline.Token));

        await scene.Attachments.DetachAsync("web");

        Assert.False(Directory.Exists(root));
        Assert.Empty(Directory.EnumerateFileSystemEntries(scene.Directory.Mounts));
    }

    [RootFact]
    public async Task Symbolic_links_stay_in_the_container()
    {
        await using AttachmentScene scene = await StartAsync();
        string root = await FilesOfAsync(scene, await scene.AttachAsync(WithFiles("web")));

        Assert.Equal("the-container", await File.ReadAllTextAsync(Path.Combine(root, "absolute"), Deadline.Token));
        Assert.Equal("the-container", await File.ReadAllTextAsync(Path.Combine(root, "climbing"), Deadline.Token));
    }

    [RootFact]
    public async Task An_ingest_may_not_change_files()
    {
        await using AttachmentScene scene = await StartAsync();
        AttachRequest request = WithFiles("web");
        request = request with { Spec = request.Spec with { Type = AttachmentType.Ingest } };
        string root = await FilesOfAsync(scene, await scene.AttachAsync(request));

        var error = Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(root, "written"), "here"));

        Assert.Contains("Read-only", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_container, "written")));
    }

    [RootFact]
    public async Task An_intercept_that_asks_for_read_only_files_may_not_change_them()
    {
        await using AttachmentScene scene = await StartAsync();
        await scene.ServeApiAsync();
        string root = Path.Combine(scene.Folder, "files");

        (int exitCode, _, string errors) = await scene.Cli.RunAsync("intercept", "web", "--mount", $"{root}:ro");

        Assert.True(exitCode == 0, errors);
        await AttachmentScene.WaitUntilAsync(() => File.Exists(Path.Combine(root, "greeting")));
        Assert.Equal("hello", await File.ReadAllTextAsync(Path.Combine(root, "greeting"), Deadline.Token));
        var error = Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(root, "written"), "here"));
        Assert.Contains("Read-only", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_container, "written")));
        await scene.Attachments.DetachAsync("web");
    }

    [RootFact]
    public async Task Large_files_are_the_same_both_ways()
    {
        const int Length = 100 << 20;
        await using AttachmentScene scene = await StartAsync();
        string root = await FilesOfAsync(scene, await scene.AttachAsync(WithFiles("web")));
        byte[] content = new byte[Length];
        new Random(1).NextBytes(content);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));

        await File.WriteAllBytesAsync(Path.Combine(root, "large"), content, patience.Token);
        byte[] there = await File.ReadAllBytesAsync(Path.Combine(_container, "large"), patience.Token);
        File.Copy(Path.Combine(_container, "large"), Path.Combine(_container, "back"));
        byte[] back = await File.ReadAllBytesAsync(Path.Combine(root, "back"), patience.Token);

        Assert.True(content.AsSpan().SequenceEqual(there));
        Assert.True(content.AsSpan().SequenceEqual(back));
    }

    [RootFact]
    public async Task When_the_files_end_their_user_gets_an_error_and_then_the_files_of_the_next_pod()
    {
        await using AttachmentScene scene = await StartAsync();
        SessionStream? files = null;
        Func<SessionStream, WorkloadOpen, Task> serve = scene.Manager.ServeWorkload;
        scene.Manager.ServeWorkload = (stream, open) =>
        {
            files = stream;
            return serve(stream, open);
        };
        string root = await FilesOfAsync(scene, await scene.AttachAsync(WithFiles("web")));
        await using FileStream open = File.OpenRead(Path.Combine(root, "greeting"));

        files!.Reset(new StreamEnd(StreamEndCode.SessionLost, "The pod is gone."));

        await AttachmentScene.WaitUntilAsync(() => !IsReadable(open));
        await AttachmentScene.WaitUntilAsync(() => File.Exists(Path.Combine(root, "greeting")));
    }

    [RootFact]
    public async Task Who_reads_while_the_link_is_away_waits_ten_seconds_for_it_and_then_gets_an_error_and_the_files_come_back_with_the_link()
    {
        var time = new ManualTime();
        await using AttachmentScene scene = await StartAsync(time);
        Task<Attachment> attaching = scene.AttachAsync(WithFiles("web"));
        await WhileTimePassesAsync(time, () => attaching.IsCompleted);
        Attachment attachment = await attaching;
        await WhileTimePassesAsync(time, () => attachment.Describe().Mount is not null);
        string greeting = Path.Combine(attachment.Describe().Mount!, "greeting");

        scene.Manager.IsReachable = false;
        scene.Manager.CutLinks();
        await AttachmentScene.WaitUntilAsync(() => scene.Sessions.State != SessionState.Connected);
        Task<string> reading = Task.Run(() => File.ReadAllText(greeting), Deadline.Token);
        await AttachmentScene.WaitUntilAsync(() => reading.Status != TaskStatus.WaitingToRun);
        Assert.False(reading.IsCompleted);
        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token);
        await WhileTimePassesAsync(time, () => reading.IsCompleted);
        await Assert.ThrowsAnyAsync<IOException>(() => reading);

        scene.Manager.IsReachable = true;
        await WhileTimePassesAsync(time, () => File.Exists(greeting));
        Assert.Equal("hello", await File.ReadAllTextAsync(greeting, Deadline.Token));
    }

    [RootFact]
    public async Task A_folder_of_the_users_stays_and_one_that_is_not_empty_is_refused()
    {
        await using AttachmentScene scene = await StartAsync();
        string own = Directory.CreateDirectory(Path.Combine(scene.Folder, "with a blank")).FullName;

        await FilesOfAsync(scene, await scene.AttachAsync(WithFiles("web") with { Mount = new MountRequest { Path = own } }));
        Assert.True(File.Exists(Path.Combine(own, "greeting")));
        await scene.Attachments.DetachAsync("web");
        Assert.Empty(Directory.EnumerateFileSystemEntries(own));

        await File.WriteAllTextAsync(Path.Combine(own, "mine"), "", Deadline.Token);
        var error = await Assert.ThrowsAsync<UserErrorException>(
            () => scene.AttachAsync(WithFiles("web") with { Mount = new MountRequest { Path = own } }));
        Assert.Equal("mount-path-unusable", error.Code);
        Assert.Null(scene.StoredAttachment("web"));
    }

    [RootTheory]
    [InlineData("own/")]
    [InlineData("link/own")]
    [InlineData("link/made")]
    [InlineData("link/made/below")]
    [InlineData("linked")]
    public async Task A_folder_may_be_named_with_a_slash_behind_it_or_through_a_link(string path)
    {
        await using AttachmentScene scene = await StartAsync();
        string real = Directory.CreateDirectory(Path.Combine(scene.Folder, "real")).FullName;
        string own = Directory.CreateDirectory(Path.Combine(scene.Folder, "own")).FullName;
        string linked = Directory.CreateDirectory(Path.Combine(real, "own")).FullName;
        File.CreateSymbolicLink(Path.Combine(scene.Folder, "link"), real);
        File.CreateSymbolicLink(Path.Combine(scene.Folder, "linked"), linked);
        string asked = Path.Combine(scene.Folder, path);

        Attachment attachment = await scene.AttachAsync(WithFiles("web") with { Mount = new MountRequest { Path = asked } });

        Assert.True(MountTable.Contains(await FilesOfAsync(scene, attachment)));
        Assert.Equal("hello", await File.ReadAllTextAsync(Path.Combine(asked, "greeting"), Deadline.Token));
        var error = await Assert.ThrowsAsync<UserErrorException>(
            () => scene.AttachAsync(WithFiles("other") with { Mount = new MountRequest { Path = asked } }));
        Assert.Contains("something is mounted there", error.Message, StringComparison.Ordinal);
        await scene.Attachments.DetachAsync("web");
        Assert.False(File.Exists(Path.Combine(asked, "greeting")));
        Assert.True(Directory.Exists(own) && Directory.Exists(linked));
        Assert.False(Directory.Exists(Path.Combine(real, "made", "below")) || File.Exists(Path.Combine(real, "made", "greeting")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(scene.Directory.Mounts));
    }

    [RootFact]
    public async Task The_daemons_own_folder_may_lie_behind_a_link()
    {
        string place = Directory.CreateDirectory(Path.Combine(_container, "run")).FullName;
        string link = Path.Combine(_container, "link");
        File.CreateSymbolicLink(link, place);
        await using AttachmentScene scene = await AttachmentScene.StartAsync(runtime: Path.Combine(link, "landline"));
        scene.Manager.ServeWorkload = ServeAsync;

        Attachment attachment = await scene.AttachAsync(WithFiles("web"));

        Assert.StartsWith(place, await FilesOfAsync(scene, attachment), StringComparison.Ordinal);
    }

    [RootFact]
    public async Task Files_that_cannot_be_had_are_a_warning_and_not_a_failure()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();

        Attachment attachment = await scene.AttachAsync(WithFiles("web"));

        Assert.Null(attachment.Describe().Mount);
        WarningInfo warning = Assert.Single(scene.Attachments.WarningsOf(attachment));
        Assert.Equal(WarningCodes.FilesNotMounted, warning.Code);
        Assert.Equal("The files of attachment 'web' are not mounted: no replica with an agent beside it runs.", warning.Title);
        scene.Manager.ServeWorkload = ServeAsync;
        await AttachmentScene.WaitUntilAsync(() => scene.Warnings.Count == 0);
        Assert.NotNull(attachment.Describe().Mount);
    }

    [RootFact]
    public async Task Files_that_fail_in_an_unforeseen_way_keep_neither_port_nor_folder()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        int port = Handlers.FreePort();
        AttachRequest request = WithFiles("web") with { ToPod = [new ToPodPort(port, PortProtocol.Tcp)] };
        using var attachment = new Attachment(request, "work");
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var caller = new CancellationTokenSource();
        WorkstationSide side = await WorkstationSide.PrepareAsync(request, scene.Directory);
        Task starting = side.StartAsync(
            attachment, new WorkloadStreams(scene.Sessions), scene.Sessions, Fail, TimeProvider.System, NullLogger.Instance, caller.Token);
        await failed.Task.WaitAsync(Deadline.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);

        await Assert.ThrowsAsync<InvalidOperationException>(() => side.DisposeAsync().AsTask());

        Assert.Empty(Directory.EnumerateFileSystemEntries(scene.Directory.Mounts));
        using var again = new TcpListener(IPAddress.Loopback, port);
        again.Start();

        void Fail(string? problem)
        {
            failed.TrySetResult();
            throw new InvalidOperationException(problem);
        }
    }

    [RootFact]
    public async Task Sshfs_that_is_killed_leaves_nothing_mounted_and_is_started_again()
    {
        await using AttachmentScene scene = await StartAsync();
        string root = await FilesOfAsync(scene, await scene.AttachAsync(WithFiles("web")));
        int first = Sshfs(root);

        Process.GetProcessById(first).Kill();

        await AttachmentScene.WaitUntilAsync(() => Sshfs(root) is not 0 and var next && next != first);
        await AttachmentScene.WaitUntilAsync(() => File.Exists(Path.Combine(root, "greeting")));
    }

    [RootFact]
    public async Task A_daemon_that_is_killed_takes_its_mounts_with_it()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_container, "mount point")).FullName;
        using Process daemon = MountRole.Start(folder);
        Assert.Equal(MountRole.Ready, await daemon.StandardOutput.ReadLineAsync(Deadline.Token));
        Assert.True(MountTable.Contains(folder));

        daemon.Kill();

        await AttachmentScene.WaitUntilAsync(() => !MountTable.Contains(folder));
        await AttachmentScene.WaitUntilAsync(() => Sshfs(folder) == 0);
    }

    [RootFact]
    public async Task What_is_left_mounted_all_the_same_the_next_command_takes_away()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        MountPlace place = MountPlace.Take(scene.Directory, "web", null);
        using (SshfsProcess sshfs = await MountRole.MountAsync(place.Path, place.Log, "passive"))
        {
            sshfs.Kill();
            await sshfs.Exited.WaitAsync(Deadline.Token);
        }

        Assert.True(MountTable.Contains(place.Path));
        Assert.Throws<IOException>(() => Directory.EnumerateFileSystemEntries(place.Path).Any());
        (int exitCode, _, _) = await scene.Cli.RunAsync("status");

        Assert.Equal(0, exitCode);
        CancellationToken deadline = Deadline.Token;
        while (MountTable.Contains(place.Path))
        {
            // What one command cannot take away in time the next one does.
            deadline.ThrowIfCancellationRequested();
            await scene.Cli.RunAsync("status");
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(scene.Directory.Mounts));
    }

    public void Dispose() => Directory.Delete(_container, recursive: true);

    private async Task<AttachmentScene> StartAsync(TimeProvider? time = null)
    {
        AttachmentScene scene = await AttachmentScene.StartAsync(time);
        scene.Manager.ServeWorkload = ServeAsync;
        return scene;
    }

    private async Task ServeAsync(SessionStream stream, WorkloadOpen open)
    {
        stream.Accept();
        using ContainerRoot root = ContainerRoot.Open(_container);
        await using Stream bytes = stream.AsStream();
        await new SftpServer(root, new FileIdentity(0, 0, []), open.ReadOnly).RunAsync(bytes, CancellationToken.None);
    }

    /// <summary>Where they are. On a busy machine they come a moment after the attachment, and until then there is a warning.</summary>
    private static async Task<string> FilesOfAsync(AttachmentScene scene, Attachment attachment)
    {
        await AttachmentScene.WaitUntilAsync(
            () => attachment.Describe().Mount is not null && scene.Attachments.WarningsOf(attachment).Count == 0);
        return attachment.Describe().Mount!;
    }

    private static AttachRequest WithFiles(string name) => AttachmentScene.Request(name) with { Mount = new MountRequest() };

    // Not more than twice as fast as the machine's own: it has to start sshfs within ten seconds.
    private static Task WhileTimePassesAsync(ManualTime time, Func<bool> isTrue) => AttachmentScene.WaitUntilAsync(() =>
    {
        time.Advance(TimeSpan.FromMilliseconds(20));
        return isTrue();
    });

    private static bool IsReadable(FileStream file)
    {
        try
        {
            file.Seek(0, SeekOrigin.Begin);
            return RandomAccess.Read(file.SafeFileHandle, new byte[1], 0) >= 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // The one whose command line ends with the folder; 0 when there is none.
    private static int Sshfs(string root) => Process.GetProcessesByName("sshfs")
        .Where(process => CommandLine(process.Id).TrimEnd('\0').EndsWith('\0' + root, StringComparison.Ordinal))
        .Select(process => process.Id)
        .FirstOrDefault();

    private static string CommandLine(int processId)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{processId}/cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
