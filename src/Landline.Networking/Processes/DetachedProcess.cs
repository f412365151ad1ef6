using System.Runtime.InteropServices;
using Landline.Networking.Interop;

namespace Landline.Networking.Processes;

/// <summary>
/// Cuts this process loose from the terminal it was started from: a session of its own, no terminal signals, and
/// nothing read from or written to the standard streams. Lives as long as the process.
/// </summary>
public sealed class DetachedProcess : IDisposable
{
    private readonly PosixSignalRegistration[] _ignored;

    private DetachedProcess(PosixSignalRegistration[] ignored) => _ignored = ignored;

    public static DetachedProcess Detach()
    {
        PosixSignalRegistration[] ignored =
        [
            .. new[] { PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT }
                .Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true)),
        ];

        // Fails for the leader of a process group, which then is nobody's child in a terminal's foreground anyway.
        _ = Libc.setsid();
        using FileDescriptor nothing = Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC);
        for (int stream = 0; stream <= 2 && !nothing.IsInvalid; stream++)
        {
            _ = Libc.dup2(nothing, stream);
        }

        return new DetachedProcess(ignored);
    }

    public void Dispose() => Array.ForEach(_ignored, registration => registration.Dispose());
}
