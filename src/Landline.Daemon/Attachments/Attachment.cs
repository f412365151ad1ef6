using System.Net;
using Landline.Daemon.PacketEngine;
using Landline.Protocol.Api;

namespace Landline.Daemon.Attachments;

/// <summary>
/// One attachment of this workstation, from the request to its end. Any thread may read it; its object is changed by
/// whoever makes or renews it, its status by the control stream's reader. Disposed when nothing of it runs any more.
/// </summary>
internal sealed class Attachment : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly TaskCompletionSource<AttachmentEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _made = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AttachmentStatus _status = new();
    private volatile AttachmentObject? _object;

    public Attachment(AttachRequest request, string @namespace)
    {
        (Request, Namespace, Id) = (request, @namespace, $"{@namespace}/{request.Name}");
        string address = request.Address ?? "127.0.0.1";
        HandlerAddress = IPAddress.TryParse(address, out IPAddress? ip) ? ip : null;
        HandlerHost = address;
        (Ending, IsCut) = (_ending.Token, _cut.Token);
    }

    public AttachRequest Request { get; }

    public string Namespace { get; }

    /// <summary>namespace/name, as its user calls it.</summary>
    public string Id { get; }

    /// <summary>namespace/name of its object, as manager and agent call it.</summary>
    public string ClusterId => $"{Namespace}/{_object?.Metadata.Name ?? Request.Name}";

    /// <summary>Null: a name, to be looked up for each connection.</summary>
    public IPAddress? HandlerAddress { get; }

    public string HandlerHost { get; }

    /// <summary>Cancelled when nothing new is to begin for it.</summary>
    public CancellationToken Ending { get; }

    /// <summary>Cancelled when the connections that it has still open are to be reset.</summary>
    public CancellationToken IsCut { get; }

    /// <summary>Its connections, so that their end can be awaited.</summary>
    public OpenWork Connections { get; } = new();

    /// <summary>Completes when the end begins.</summary>
    public Task<AttachmentEnd> Ended => _ended.Task;

    /// <summary>As it was made last; null before.</summary>
    public AttachmentObject? Object
    {
        get => _object;
        set => _object = value;
    }

    public string? Uid => _object?.Metadata.Uid;

    public AttachmentStatus Status
    {
        get
        {
            lock (_lock)
            {
                return _status;
            }
        }
    }

    /// <summary>It has been active: from now on its end is news.</summary>
    public bool IsStanding { get; set; }

    /// <summary>Completes when <see cref="Side"/> and <see cref="Object"/> are there or will not be: before that nothing can be taken back.</summary>
    public Task Made => _made.Task;

    /// <summary>After <see cref="TryEnd"/>: completes when the object is deleted and nothing new arrives.</summary>
    public Task Over => _over.Task;

    /// <summary>Completes after <see cref="Over"/>, when its connections have ended.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Null until it is prepared.</summary>
    public WorkstationSide? Side { get; set; }

    public void SetStatus(AttachmentStatus status)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _status = status;
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    /// <summary>The status as soon as it is another one than <paramref name="seen"/>.</summary>
    public async Task<AttachmentStatus> NextStatusAsync(AttachmentStatus seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (!ReferenceEquals(_status, seen))
                {
                    return _status;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>False: it had ended before. The first end counts.</summary>
    public bool TryEnd(AttachmentEnd end)
    {
        if (!_ended.TrySetResult(end))
        {
            return false;
        }

        _ending.Cancel();
        return true;
    }

    /// <summary>After <see cref="TryEnd"/>: lets connections end by themselves for a while, then resets them.</summary>
    public async Task CloseConnectionsAsync(TimeSpan patience, TimeProvider time)
    {
        Task closed = Connections.CloseAsync();
        try
        {
            await closed.WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            await _cut.CancelAsync();
            await closed;
        }

        _closed.TrySetResult();
    }

    public void Dispose()
    {
        _ending.Dispose();
        _cut.Dispose();
    }

    public void SetMade() => _made.TrySetResult();

    public void SetOver() => _over.TrySetResult();

    public AttachmentInfo Describe()
    {
        AttachmentStatus status = Status;
        AttachmentWorkload workload = status.Workload ?? Request.Spec.Workload;
        return new AttachmentInfo
        {
            Name = Request.Name,
            Uid = Uid,
            ObjectName = _object?.Metadata.Name,
            Type = Request.Spec.Type,
            Workload = workload.Kind is null ? workload.Name : $"{workload.Kind.ToLowerInvariant()}/{workload.Name}",
            Namespace = Namespace,
            Container = status.Container ?? Request.Spec.Container,
            Ports = status.Ports,
            Http = Request.Spec.Http,
            Phase = status.Phase,
            Pods = status.Pods,
            Mount = Side?.MountPath,
            Reason = status.Reason,
            Message = status.Message,
        };
    }
}
