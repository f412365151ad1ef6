using System.ComponentModel;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Attachments.Mounts;

/// <summary>
/// Keeps a container's files mounted on the workstation while the attachment lasts: sshfs, fed by a Files stream. When
/// the stream ends, because the pod or the session is gone, or the link is away for too long, sshfs ends with it, so that
/// whoever uses the files gets an error and does not hang; then it is mounted again.
/// </summary>
internal sealed class WorkloadMount : IAsyncDisposable
{
    /// <summary>From the start of sshfs to its entry in the mount table; it takes some 50 ms and two round trips.</summary>
    private static readonly TimeSpan LongestMount = TimeSpan.FromSeconds(10);

    /// <summary>An attachment without files is better than a command that waits for them.</summary>
    private static readonly TimeSpan LongestFirst = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestEnd = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan PauseBeforeAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(10);

    private readonly MountPlace _place;
    private readonly bool _isReadOnly;
    private readonly Func<WorkloadOpen> _open;
    private readonly WorkloadStreams _workloads;
    private readonly SessionClient _sessions;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<string?> _told;
    private string? _lastProblem;
    private Task _running = Task.CompletedTask;

    /// <param name="open">What to ask for, anew each time: the object may have got another name.</param>
    /// <param name="told">Told when the files are there (null) and when they cannot be had (the reason).</param>
    public WorkloadMount(
        MountPlace place,
        bool isReadOnly,
        Func<WorkloadOpen> open,
        WorkloadStreams workloads,
        SessionClient sessions,
        Action<string?> told,
        TimeProvider time,
        ILogger logger) =>
        (_place, _isReadOnly, _open, _workloads, _sessions, _told, _time, _logger) =
            (place, isReadOnly, open, workloads, sessions, told, time, logger);

    /// <summary>Returns after the first attempt, whatever came of it, or when it takes too long.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(() => RunAsync(_stop.Token), CancellationToken.None);
        try
        {
            await _first.Task.WaitAsync(LongestFirst, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            Tell("the agent's file service does not answer");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                if (await MountOnceAsync(stop) is { } problem)
                {
                    Tell(problem);
                }

                await Task.Delay(PauseBeforeAgain, _time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _first.TrySetResult();
        }
    }

    /// <returns>Null: it was mounted and has ended.</returns>
    private async Task<string?> MountOnceAsync(CancellationToken stop)
    {
        SessionStream stream;
        using (var deadline = new CancellationTokenSource(LongestMount, _time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop))
        {
            try
            {
                stream = await _workloads.OpenAsync(_open(), either.Token);
            }
            catch (StreamEndedException e)
            {
                return e.End.Detail;
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                return "the agent does not answer";
            }
        }

        SshfsProcess sshfs;
        try
        {
            sshfs = await SshfsProcess.StartAsync(_place.Path, _place.Log, Options());
        }
        catch (Win32Exception e)
        {
            stream.Reset(new StreamEnd(StreamEndCode.Canceled, "There is no sshfs on the workstation."));
            return $"sshfs does not start ({e.Message})";
        }

        using (sshfs)
        {
            return await ServeAsync(sshfs, stream, stop);
        }
    }

    private async Task<string?> ServeAsync(SshfsProcess sshfs, SessionStream stream, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task feeding = SftpFeed.RunAsync(sshfs.Socket, stream, over.Token);
        using var watch = new LinkWatch(_sessions, _time);
        try
        {
            string? problem = await WaitUntilMountedAsync(sshfs, feeding, over.Token);
            if (problem is null)
            {
                _logger.Mounted(_open().Attachment, _place.Path);
                Tell(null);
                Task first = await Task.WhenAny(sshfs.Exited, feeding, watch.AwayTooLong).WaitAsync(over.Token);
                _logger.Unmounted(
                    _open().Attachment, first == watch.AwayTooLong ? "the link is away for too long" : "their stream has ended");
            }

            return problem;
        }
        finally
        {
            await over.CancelAsync();
            await feeding;
            await EndAsync(sshfs);
        }
    }

    // The feed has closed the socket, after which sshfs unmounts and ends by itself.
    private async Task EndAsync(SshfsProcess sshfs)
    {
        try
        {
            await sshfs.Exited.WaitAsync(LongestEnd, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // It hangs in a file system of its own, perhaps; without it and its mount nobody else does.
            sshfs.Kill();
        }

        await _place.UnmountAsync();
    }

    private async Task<string?> WaitUntilMountedAsync(SshfsProcess sshfs, Task feeding, CancellationToken cancellationToken)
    {
        long begin = _time.GetTimestamp();
        while (!MountTable.Contains(_place.Path))
        {
            if (sshfs.Exited.IsCompleted)
            {
                return Complaint();
            }

            if (feeding.IsCompleted || _time.GetElapsedTime(begin) > LongestMount)
            {
                return "the agent's file service does not answer";
            }

            await Task.Delay(LookInterval, _time, cancellationToken);
        }

        return null;
    }

    // Transitions only: an attempt a second would fill the log.
    private void Tell(string? problem)
    {
        if (problem is not null && problem != _lastProblem)
        {
            _logger.NotMounted(_open().Attachment, problem);
        }

        _lastProblem = problem;
        _told(problem);
        _first.TrySetResult();
    }

    private string Complaint()
    {
        string? line = File.Exists(_place.Log) ? File.ReadLines(_place.Log).FirstOrDefault(text => text.Length > 0) : null;
        return line is null ? "sshfs ended without a word" : $"sshfs says: {line}";
    }

    // follow_symlinks: the agent resolves links inside the container's root. The workstation's kernel would take an
    // absolute one, or one that climbs out, for a file of the workstation.
    // auto_unmount: should sshfs be killed, fusermount3 takes the mount away.
    private string Options() =>
        "passive,follow_symlinks,auto_unmount,fsname=landline" + (_isReadOnly ? ",ro" : "");
}
