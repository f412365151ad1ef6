using System.Net.Sockets;
using System.Security.Cryptography;
using Landline.Networking.Dns;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Dns;

/// <summary>
/// Asks the cluster's resolver over one long-lived exchange, many questions at once, told apart by ids of our own.
/// An exchange that ends, because the session was replaced, is opened anew, and what was not answered is asked again.
/// Any thread may ask.
/// </summary>
internal sealed class ClusterDnsChannel(
    Func<CancellationToken, ValueTask<IDnsExchange>> open, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    // The C library asks again after 5 s, so a later answer would be nobody's.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    // The session loses nothing; a datagram is only dropped for want of credit or with the manager that had it. So one
    // repetition within the deadline is enough.
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(200);

    // Ids are 16 bits, and finding a free one must stay quick.
    private const int MostPending = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<ushort, TaskCompletionSource<byte[]>> _pending = [];
    private readonly CancellationTokenSource _stop = new();
    private Task<OpenExchange>? _exchange;
    private OpenExchange? _current;

    /// <summary>The answer, with the query's id.</summary>
    /// <exception cref="DnsUnavailableException">None came within 5 s.</exception>
    public async Task<byte[]> AskAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        byte[] message = query.ToArray();
        var answered = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        ushort id = Register(answered);
        DnsMessage.SetId(message, id);
        using var deadline = new CancellationTokenSource(Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken, _stop.Token);
        try
        {
            while (!answered.Task.IsCompleted)
            {
                await SendAsync(message, answered.Task, either.Token);
            }

            byte[] answer = await answered.Task;
            query.Span[..sizeof(ushort)].CopyTo(answer);
            return answer;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DnsUnavailableException("The cluster's resolver did not answer in time.");
        }
        finally
        {
            lock (_lock)
            {
                _pending.Remove(id);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task<OpenExchange>? last;
        lock (_lock)
        {
            last = _exchange;
        }

        if (last is not null)
        {
            await last.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            if (last.IsCompletedSuccessfully)
            {
                OpenExchange exchange = await last;
                exchange.Messages.Close();
                await exchange.Ended;
            }
        }

        _stop.Dispose();
    }

    // Returns when it is time to look again: answered, the exchange ended, or nothing came for a while.
    private async Task SendAsync(byte[] message, Task answered, CancellationToken cancellationToken)
    {
        OpenExchange exchange;
        try
        {
            exchange = await CurrentAsync().WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await Task.Delay(PauseAfterFailure, time, cancellationToken);
            return;
        }

        TimeSpan wait = exchange.Messages.TrySend(message) ? RepeatAfter : PauseAfterFailure;
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(answered, exchange.Ended, Task.Delay(wait, time, woken.Token));
        await woken.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private ushort Register(TaskCompletionSource<byte[]> answered)
    {
        lock (_lock)
        {
            if (_pending.Count >= MostPending)
            {
                throw new DnsUnavailableException("Too many questions wait for the cluster's resolver.");
            }

            ushort id;
            do
            {
                id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
            }
            while (!_pending.TryAdd(id, answered));
            return id;
        }
    }

    private Task<OpenExchange> CurrentAsync()
    {
        lock (_lock)
        {
            if (_exchange is null || _exchange.IsFaulted || _exchange.IsCanceled || _current is { Ended.IsCompleted: true })
            {
                _current = null;
                _exchange = OpenAsync();
            }

            return _exchange;
        }
    }

    private async Task<OpenExchange> OpenAsync()
    {
        // Off the caller's lock before anything of the session's runs.
        await Task.Yield();
        IDnsExchange messages = await open(_stop.Token);
        var exchange = new OpenExchange(messages, Task.Run(() => PumpAsync(messages)));
        lock (_lock)
        {
            _current = exchange;
        }

        DnsLog.ClusterChannelOpened(logger);
        return exchange;
    }

    private async Task PumpAsync(IDnsExchange messages)
    {
        byte[] buffer = new byte[DnsMessage.LargestBytes];
        try
        {
            int length;
            while ((length = await messages.ReceiveAsync(buffer, _stop.Token)) >= 0)
            {
                Take(buffer.AsSpan(0, length));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            DnsLog.ClusterChannelEnded(logger, e.Message);
        }
    }

    private void Take(ReadOnlySpan<byte> answer)
    {
        if (!DnsHeader.TryRead(answer, out DnsHeader header) || !header.IsResponse)
        {
            return;
        }

        TaskCompletionSource<byte[]>? waiting;
        lock (_lock)
        {
            _pending.TryGetValue(header.Id, out waiting);
        }

        waiting?.TrySetResult(answer.ToArray());
    }

    private sealed record OpenExchange(IDnsExchange Messages, Task Ended);
}
