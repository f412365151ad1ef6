using System.Collections;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Landline.Cli.Interop;

namespace Landline.Cli.Launching;

/// <summary>
/// Starts a program that lives on when the CLI has ended: standard input from /dev/null, both outputs to a log that
/// only its owner can read.
/// </summary>
internal static unsafe class DetachedProcess
{
    private const int SIGPIPE = 13;
    private const uint OwnerReadsAndWrites = 0b110_000_000;

    /// <param name="ownSession">
    /// True: a new session, which no terminal can end. False for sudo, which looks its ticket up by terminal.
    /// </param>
    /// <param name="environment">Added to the CLI's own.</param>
    /// <returns>The process id. The caller may wait for it; else init does when the CLI has ended.</returns>
    public static int Start(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string logPath,
        bool ownSession)
    {
        byte* actions = stackalloc byte[Libc.OpaqueBytes];
        byte* attributes = stackalloc byte[Libc.OpaqueBytes];
        byte* signals = stackalloc byte[Libc.OpaqueBytes];
        using var argumentList = new StringArray([program, .. arguments]);
        using var environmentList = new StringArray(Merge(environment));

        Check(Libc.posix_spawn_file_actions_init(actions));
        Check(Libc.posix_spawnattr_init(attributes));
        try
        {
            Check(Libc.posix_spawn_file_actions_addopen(actions, 0, "/dev/null", Libc.O_RDONLY, 0));
            Check(Libc.posix_spawn_file_actions_addopen(
                actions, 1, logPath, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND, OwnerReadsAndWrites));
            Check(Libc.posix_spawn_file_actions_adddup2(actions, 1, 2));

            // The runtime ignores SIGPIPE; a child would inherit that, and the runtime's mask.
            _ = Libc.sigemptyset(signals);
            Check(Libc.posix_spawnattr_setsigmask(attributes, signals));
            _ = Libc.sigaddset(signals, SIGPIPE);
            Check(Libc.posix_spawnattr_setsigdefault(attributes, signals));
            int flags = Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK | (ownSession ? Libc.POSIX_SPAWN_SETSID : 0);
            Check(Libc.posix_spawnattr_setflags(attributes, (short)flags));
            Check(Libc.posix_spawn(
                out int pid, program, actions, attributes, argumentList.Pointer, environmentList.Pointer));
            return pid;
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
    }

    private static string[] Merge(IReadOnlyDictionary<string, string> additions)
    {
        var merged = new Dictionary<string, string>(additions, StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            merged.TryAdd((string)variable.Key, (string?)variable.Value ?? "");
        }

        return [.. merged.Select(variable => $"{variable.Key}={variable.Value}")];
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
    private sealed class StringArray : IDisposable
    {
        private readonly int _count;

        public StringArray(IReadOnlyList<string> values)
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
