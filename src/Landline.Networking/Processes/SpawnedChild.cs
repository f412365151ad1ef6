using System.ComponentModel;
using System.Runtime.InteropServices;
using Landline.Networking.Interop;

namespace Landline.Networking.Processes;

/// <summary>
/// Starts programs as the base library cannot: with a file or a socket as their standard streams, in a session of their own.
/// Whoever starts one may wait for it; else init does when this process has ended.
/// </summary>
public static unsafe class SpawnedChild
{
    private const uint OwnerReadsAndWrites = 0b110_000_000;

    /// <returns>The process id.</returns>
    /// <exception cref="Win32Exception">The program or the log cannot be opened, or the system has no room for another process.</exception>
    public static int Start(SpawnRequest request)
    {
        byte* actions = stackalloc byte[Libc.OpaqueBytes];
        byte* attributes = stackalloc byte[Libc.OpaqueBytes];
        using var arguments = new CStringArray(request.CommandLine);
        using var environment = new CStringArray(request.Environment);
        Check(Libc.posix_spawn_file_actions_init(actions));
        Check(Libc.posix_spawnattr_init(attributes));
        try
        {
            SetStreams(actions, request);
            SetSignals(attributes, request.Group);
            Check(Libc.posix_spawn(
                out int processId, request.CommandLine[0], actions, attributes, arguments.Pointer, environment.Pointer));
            return processId;
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>Blocks until the child has ended.</summary>
    public static void Wait(int processId)
    {
        while (Libc.waitpid(processId, out _, 0) < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
        {
            // Interrupted by a signal that is the runtime's affair.
        }
    }

    /// <summary>Its exit code, 1 if a signal ended it; null while it runs.</summary>
    public static int? TryWait(int processId)
    {
        // WIFEXITED and WEXITSTATUS.
        return Libc.waitpid(processId, out int status, Libc.WNOHANG) == 0 ? null
            : (status & 0x7F) == 0 ? (status >> 8) & 0xFF
            : 1;
    }

    /// <summary>kill(2), for any process. That it may have ended is nobody's fault.</summary>
    public static void Signal(int processId, int signal) => _ = Libc.kill(processId, signal);

    private static void SetStreams(byte* actions, SpawnRequest request)
    {
        int logFlags = Libc.O_WRONLY | Libc.O_CREAT | (request.AppendsToLog ? Libc.O_APPEND : Libc.O_TRUNC);
        Check(Libc.posix_spawn_file_actions_addopen(actions, 2, request.LogPath, logFlags, OwnerReadsAndWrites));
        if (request.Conversation is { } conversation)
        {
            Check(Libc.posix_spawn_file_actions_adddup2(actions, conversation, 0));
            Check(Libc.posix_spawn_file_actions_adddup2(actions, conversation, 1));
        }
        else
        {
            Check(Libc.posix_spawn_file_actions_addopen(actions, 0, "/dev/null", Libc.O_RDONLY, 0));
            Check(Libc.posix_spawn_file_actions_adddup2(actions, 2, 1));
        }
    }

    // The runtime ignores SIGPIPE; a child would inherit that, and the runtime's mask.
    private static void SetSignals(byte* attributes, SpawnGroup group)
    {
        byte* signals = stackalloc byte[Libc.OpaqueBytes];
        _ = Libc.sigemptyset(signals);
        Check(Libc.posix_spawnattr_setsigmask(attributes, signals));
        _ = Libc.sigaddset(signals, Libc.SIGPIPE);
        Check(Libc.posix_spawnattr_setsigdefault(attributes, signals));
        int own = group switch
        {
            SpawnGroup.Own => Libc.POSIX_SPAWN_SETPGROUP,
            SpawnGroup.OwnSession => Libc.POSIX_SPAWN_SETSID,
            _ => 0,
        };
        Check(Libc.posix_spawnattr_setflags(attributes, (short)(Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK | own)));
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }

    /// <summary>A null-terminated array of C strings.</summary>
    private sealed class CStringArray : IDisposable
    {
        private readonly int _count;

        public CStringArray(IReadOnlyList<string> values)
        {
            _count = values.Count;
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
