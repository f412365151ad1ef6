using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Networking.Dns.SystemSettings;
using Landline.Networking.Processes;

namespace Landline.Daemon.NetHelper;

/// <summary>
/// The process <c>landline net-helper</c>, which runs as root: connects to the daemon's socket, does what it asks, and
/// when that socket closes, in whatever way, puts everything back and ends.
/// </summary>
public static class NetHelperProgram
{
    private const int Done = 0;
    private const int Failed = 1;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // A disk may be full for a while; after that the next command's repair does it.
    private const int MostAttempts = 30;
    private static readonly TimeSpan AttemptEvery = TimeSpan.FromSeconds(1);

    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(NetHelperOptions options, TextWriter errors, CancellationToken cancellationToken)
    {
        try
        {
            if (options.Repair)
            {
                await new ResolverJournal(ResolverPaths.Default).RepairAsync(cancellationToken);
            }

            if (options.SocketPath is { } path)
            {
                await ServeAsync(await ConnectAsync(path, cancellationToken), cancellationToken);
            }

            return Done;
        }
        catch (ResolverException e)
        {
            await errors.WriteLineAsync($"error: The resolver could not be put back: {e.Message}.");
            return Failed;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            await errors.WriteLineAsync($"error: The daemon at {options.SocketPath} cannot be reached: {e.Message}.");
            return Failed;
        }
    }

    private static async Task<Socket> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(ConnectTimeout, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), either.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var detached = DetachedProcess.Detach();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            // The runtime's own reaction would end the process before everything is back.
            context.Cancel = true;
            stop.Cancel();
        });
        using var channel = new HelperChannel(socket);
        var service = new HelperService(channel, ResolverPaths.Default);
        try
        {
            await service.RunAsync(stop.Token);
        }
        finally
        {
            for (int attempt = 1; !await service.PutBackAsync() && attempt < MostAttempts; attempt++)
            {
                await Task.Delay(AttemptEvery, TimeProvider.System, CancellationToken.None);
            }
        }
    }
}
