using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Landline.Daemon.Attachments.Mounts;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>Lets this very program be a process that has mounted something, so that kill -9 hits a real one.</summary>
internal static class MountRole
{
    public const string Ready = "mounted";
    private const string Variable = "LANDLINE_MOUNT_ROLE";

    // SSH_FXP_VERSION with version 3: all that sshfs wants to hear before it mounts.
    private static readonly byte[] VersionPacket = [0, 0, 0, 5, 2, 0, 0, 0, 3];

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Runs before the test runner's Main, which is the point.")]
    [SuppressMessage("Usage", "VSTHRD002", Justification = "A Main of its own.")]
    internal static void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder)
        {
            // Code of this module runs on this thread only until the initializer has returned: nothing of it may be async.
            SshfsProcess sshfs = SshfsProcess.StartAsync(folder, "/dev/null", "passive,auto_unmount").GetAwaiter().GetResult();
            sshfs.Socket.Send(VersionPacket);
            while (!MountTable.Contains(folder))
            {
                Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System).GetAwaiter().GetResult();
            }

            Console.WriteLine(Ready);
            sshfs.Exited.GetAwaiter().GetResult();
            Environment.Exit(0);
        }
    }

    public static Process Start(string folder)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Landline.FunctionalTests"))
        {
            RedirectStandardOutput = true,
        };
        start.Environment[Variable] = folder;
        return Process.Start(start)!;
    }

    public static async Task<SshfsProcess> MountAsync(string folder, string log, string options)
    {
        SshfsProcess sshfs = await SshfsProcess.StartAsync(folder, log, options);
        await sshfs.Socket.SendAsync(VersionPacket, SocketFlags.None, Deadline.Token);
        while (!MountTable.Contains(folder))
        {
            Assert.False(sshfs.Exited.IsCompleted);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Deadline.Token);
        }

        return sshfs;
    }
}
