using System.Net;
using System.Net.Sockets;
using Landline.Networking.Dns;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Dns;

/// <summary>
/// Serves DNS on one UDP and one TCP socket, which it owns from construction on. Questions are answered side by side,
/// up to a limit; those above it are dropped over UDP (askers repeat) and wait over TCP.
/// </summary>
internal sealed class DnsServer : IAsyncDisposable
{
    // A browser start asks some hundred questions at once; each costs a few KiB while it waits.
    private const int MostUdpQuestions = 1024;

    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly DnsHandler _handler;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _room = new(MostUdpQuestions, MostUdpQuestions);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private bool _isDisposed;

    private DnsServer(Socket udp, Socket tcp, DnsHandler handler, TimeProvider time, ILogger logger)
    {
        (_udp, _tcp, _handler, _time, _logger) = (udp, tcp, handler, time, logger);
        DnsLog.Listening(logger, udp.LocalEndPoint?.ToString() ?? "?");
        _serving = Task.WhenAll(
            Task.Run(() => ServeUdpAsync(_stop.Token)), Task.Run(() => ServeTcpAsync(_stop.Token)));
    }

    /// <param name="udp">Bound.</param>
    /// <param name="tcp">Listening.</param>
    public static DnsServer Start(Socket udp, Socket tcp, DnsHandler handler, TimeProvider time, ILogger logger) =>
        new(udp, tcp, handler, time, logger);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        await _serving;
        for (int i = 0; i < MostUdpQuestions; i++)
        {
            await _room.WaitAsync(CancellationToken.None);
        }

        _room.Dispose();
        _stop.Dispose();
    }

    private async Task ServeUdpAsync(CancellationToken stop)
    {
        byte[] buffer = new byte[DnsMessage.LargestBytes];
        EndPoint anybody = new IPEndPoint(
            _udp.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, anybody, stop);
                if (received.ReceivedBytes >= DnsHeader.Bytes && await _room.WaitAsync(TimeSpan.Zero, stop))
                {
                    // Counted by _room, which disposal empties.
                    _ = AnswerUdpAsync(buffer[..received.ReceivedBytes], received.RemoteEndPoint, stop);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            ReportUnlessStopped("UDP", e, stop);
        }
    }

    private async Task AnswerUdpAsync(byte[] message, EndPoint asker, CancellationToken stop)
    {
        try
        {
            byte[] answer = await _handler(message, overTcp: false, stop);
            if (DnsQuery.TryParse(message, out DnsQuery? query) && answer.Length > query.LargestUdpAnswer)
            {
                answer = query.Truncated(answer);
            }

            await _udp.SendToAsync(answer, SocketFlags.None, asker, stop);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            DnsLog.AskerGone(_logger, e.Message);
        }
        catch (Exception e)
        {
            DnsLog.AnsweringFailed(_logger, e);
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task ServeTcpAsync(CancellationToken stop)
    {
        await using var connections = new DnsTcpConnections(_handler, _time, _logger);
        try
        {
            while (true)
            {
                connections.Serve(await _tcp.AcceptAsync(stop), stop);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            ReportUnlessStopped("TCP", e, stop);
        }
    }

    private void ReportUnlessStopped(string transport, Exception e, CancellationToken stop)
    {
        if (!stop.IsCancellationRequested)
        {
            DnsLog.SocketFailed(_logger, transport, e.Message);
        }
    }
}
