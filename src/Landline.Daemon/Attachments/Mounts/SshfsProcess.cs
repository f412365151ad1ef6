using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Daemon.Attachments.Interop;

namespace Landline.Daemon.Attachments.Mounts;

/// <summary>
/// One run of sshfs that speaks SFTP over a socket as its standard streams. It ends by itself, and unmounts, when the
/// socket's other end is closed in whatever way; should it hang, the signal at its parent's death ends it.
/// </summary>
internal sealed class SshfsProcess : IDisposable
{
    private const uint OwnerReadsAndWrites = 0b110_000_000;
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
                _ = Libc.kill(_processId, Libc.SIGKILL);
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
        while (Libc.waitpid(processId, out _, 0) < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
        {
            // Interrupted by a signal that is the runtime's affair.
        }

        lock (_exited)
        {
            _exited.SetResult();
        }
    }

    private static unsafe int Spawn(string[] commandLine, int socket, string logPath)
    {
        byte* actions = stackalloc byte[Libc.OpaqueBytes];
        byte* attributes = stackalloc byte[Libc.OpaqueBytes];
        byte* signals = stackalloc byte[Libc.OpaqueBytes];
        using var arguments = new StringArray(commandLine);
        using var environment = new StringArray(["PATH=" + string.Join(':', Directories), "LC_ALL=C", "HOME=/dev/null"]);
        Check(Libc.posix_spawn_file_actions_init(actions));
        Check(Libc.posix_spawnattr_init(attributes));
        try
        {
            Check(Libc.posix_spawn_file_actions_adddup2(actions, socket, 0));
            Check(Libc.posix_spawn_file_actions_adddup2(actions, socket, 1));
            Check(Libc.posix_spawn_file_actions_addopen(
                actions, 2, logPath, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC, OwnerReadsAndWrites));

            // The runtime ignores SIGPIPE; a child would inherit that, and the runtime's mask.
            _ = Libc.sigemptyset(signals);
            Check(Libc.posix_spawnattr_setsigmask(attributes, signals));
            _ = Libc.sigaddset(signals, Libc.SIGPIPE);
            Check(Libc.posix_spawnattr_setsigdefault(attributes, signals));
            Check(Libc.posix_spawnattr_setflags(
                attributes, Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK | Libc.POSIX_SPAWN_SETPGROUP));
            Check(Libc.posix_spawn(
                out int processId, commandLine[0], actions, attributes, arguments.Pointer, environment.Pointer));
            return processId;
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
    }

    // These calls return the error number instead of setting errno.
    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }

    /// <summary>A null-terminated array of C strings.</summary>
    private sealed unsafe class StringArray : IDisposable
    {
        private readonly int _count;

        public StringArray(string[] values)
        {
            _count = values.Length;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
            for (int i = 0; i < _count; i++)
            {
                Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(values[i]);
            }
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            for (int i = 0; i < _count; i++)
            {
                Marshal.FreeCoTaskMem((nint)Pointer[i]);
            }

            NativeMemory.Free(Pointer);
        }
    }
}
