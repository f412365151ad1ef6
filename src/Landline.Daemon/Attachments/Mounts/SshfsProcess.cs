using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Daemon.Attachments.Interop;
using Landline.Networking.Processes;

namespace Landline.Daemon.Attachments.Mounts;

/// <summary>
/// One run of sshfs that speaks SFTP over a socket as its standard streams. It ends by itself, and unmounts, when the
/// socket's other end is closed in whatever way; should it hang, the signal at its parent's death ends it.
/// </summary>
internal sealed class SshfsProcess : IDisposable
{
    private const int SIGKILL = 9;
    private static readonly string[] Directories = ["/usr/bin", "/bin", "/usr/local/bin"];

    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _processId;

    private SshfsProcess(Socket socket) => Socket = socket;

    /// <summary>This process's end.</summary>
    public Socket Socket { get; }

    public Task Exited => _exited.Task;

    /// <summary>Null: sshfs can run here.</summary>
    public static string? Obstacle() =>
        Find("sshfs") is null ? "sshfs is not installed"
        : !File.Exists("/dev/fuse") ? "this machine or container has no /dev/fuse"
        : null;

    /// <param name="options">For -o.</param>
    /// <exception cref="Win32Exception">The system cannot start another process.</exception>
    public static async Task<SshfsProcess> StartAsync(string mountPath, string logPath, string options)
    {
        (Socket mine, Socket theirs) = CreatePair();
        using (theirs)
        {
            var process = new SshfsProcess(mine);
            string sshfs = Find("sshfs") ?? throw new Win32Exception(2);
            string[] arguments = [sshfs, "-f", "-o", options, ":/", mountPath];

            // The kernel sends the signal when the thread ends that started the child, so that one waits for it.
            string[] commandLine = Find("setpriv") is { } setpriv
                ? [setpriv, "--pdeathsig", "TERM", "--", .. arguments]
                : arguments;
            new Thread(() => process.Run(commandLine, theirs, logPath)) { IsBackground = true, Name = "sshfs" }.Start();
            try
            {
                process._processId = await process._started.Task;
                return process;
            }
            catch
            {
                process.Dispose();
                throw;
            }
        }
    }

    /// <summary>For one that hangs.</summary>
    public void Kill()
    {
        // A process id is used again once it has been waited for, so nothing is sent after that.
        lock (_exited)
        {
            if (!_exited.Task.IsCompleted)
            {
                SpawnedChild.Signal(_processId, SIGKILL);
            }
        }
    }

    public void Dispose() => Socket.Dispose();

    private static string? Find(string name) =>
        Directories.Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);

    private static unsafe (Socket Mine, Socket Theirs) CreatePair()
    {
        int* descriptors = stackalloc int[2];
        if (Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, descriptors) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        return (
            new Socket(new SafeSocketHandle(descriptors[0], ownsHandle: true)),
            new Socket(new SafeSocketHandle(descriptors[1], ownsHandle: true)));
    }

    private void Run(string[] commandLine, Socket theirs, string logPath)
    {
        int processId;
        try
        {
            processId = Spawn(commandLine, (int)theirs.SafeHandle.DangerousGetHandle(), logPath);
        }
        catch (Win32Exception e)
        {
            _exited.SetResult();
            _started.SetException(e);
            return;
        }

        _started.SetResult(processId);
        WaitForExit(processId);
    }

    private void WaitForExit(int processId)
    {
        SpawnedChild.Wait(processId);
        lock (_exited)
        {
            _exited.SetResult();
        }
    }

    private static int Spawn(string[] commandLine, int socket, string logPath) => SpawnedChild.Start(new SpawnRequest
    {
        CommandLine = commandLine,
        Environment = ["PATH=" + string.Join(':', Directories), "LC_ALL=C", "HOME=/dev/null"],
        LogPath = logPath,
        Conversation = socket,
        Group = SpawnGroup.Own,
    });
}
