using System.Diagnostics.CodeAnalysis;
using Landline.Protocol.Frames;
using Landline.Protocol.Sessions;

namespace Landline.Protocol.Streams;

/// <summary>
/// One stream of a session. One task reads and one writes at a time; both may run at once with each other and with
/// <see cref="Reset"/>, which anyone may call.
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "A stream is what the protocol calls it; AsStream gives the framework's kind.")]
public sealed partial class SessionStream
{
    public const int LongestOpenPayload = FrameCodec.LongestOpenPayload;

    private static readonly Task<StreamEnd?> NothingWrong = Task.FromResult<StreamEnd?>(null);

    private readonly SessionCore _core;
    private readonly Lock _receiveLock = new();
    private readonly bool _isOpener;
    private TaskCompletionSource<StreamEnd?>? _opened;
    private TaskCompletionSource<StreamEnd?>? _completion;
    private StreamEnd? _end;
    private bool _isOpened;
    private bool _isOver;

    internal SessionStream(
        SessionCore core, uint id, StreamKind kind, StreamFlow flow, ReadOnlyMemory<byte> openPayload, bool isOpener)
    {
        _core = core;
        _isOpener = isOpener;
        Id = id;
        Kind = kind;
        Flow = flow;
        OpenPayload = openPayload;
    }

    public Session Session => _core.Session;

    /// <summary>Unique in the session among the streams that are open.</summary>
    public uint Id { get; }

    public StreamKind Kind { get; }

    /// <summary>At most <see cref="LongestOpenPayload"/> bytes, from the opener.</summary>
    public ReadOnlyMemory<byte> OpenPayload { get; }

    /// <summary>True for the kinds where one write is one datagram; they have no WriteAsync and ReadAsync.</summary>
    public bool HasDatagrams => Kind is StreamKind.Udp or StreamKind.Dns or StreamKind.Echo;

    /// <summary>For the opener: completes with null when the far side accepted, with the reason when not.</summary>
    public Task<StreamEnd?> Opened
    {
        get
        {
            lock (_receiveLock)
            {
                return ObserveAsync(ref _opened, _isOpened || !_isOpener || _isOver, _isOpened || !_isOpener ? null : _end);
            }
        }
    }

    /// <summary>
    /// Instead of <see cref="Opened"/>, for who never blocks: whoever awaits it goes on in the thread that brought the
    /// answer.
    /// </summary>
    public Task<StreamEnd?> OpenedInline
    {
        get
        {
            lock (_receiveLock)
            {
                _opened ??= new TaskCompletionSource<StreamEnd?>();
            }

            return Opened;
        }
    }

    /// <summary>Completes when the stream is over: with null when both directions ended in order, else with the reason.</summary>
    public Task<StreamEnd?> Completion
    {
        get
        {
            lock (_receiveLock)
            {
                return ObserveAsync(ref _completion, _isOver, _end);
            }
        }
    }

    /// <summary>Guarded by the session's gate.</summary>
    internal StreamFlow Flow { get; }

    internal SessionCore Core => _core;

    internal bool IsOver
    {
        get
        {
            lock (_receiveLock)
            {
                return _isOver;
            }
        }
    }

    /// <summary>For the acceptor: exactly one of Accept and Refuse, once. A stream that was reset meanwhile is not an error.</summary>
    public void Accept()
    {
        if (!_core.Accept(this))
        {
            throw new InvalidOperationException("The stream has been accepted already, or is not for this side to accept.");
        }
    }

    public void Refuse(StreamEnd end) => _core.Reset(this, end);

    /// <summary>Ends the stream in both directions. The first reason, whoever gave it, is the one that counts.</summary>
    public void Reset(StreamEnd reason) => _core.Reset(this, reason);

    /// <summary>Half-close: nothing more will be written; reading goes on.</summary>
    public void EndWriting() => _core.EndWriting(this);

    /// <summary>For HTTP and the like; disposing it resets the stream unless both directions have ended.</summary>
    public Stream AsStream() => new SessionByteStream(this);

    public override string ToString() => $"{Kind} stream {Id} of session {Session.Id}";

    internal void OnOpened()
    {
        TaskCompletionSource<StreamEnd?>? opened;
        lock (_receiveLock)
        {
            _isOpened = true;
            opened = _opened;
        }

        opened?.TrySetResult(null);
    }

    /// <summary>
    /// The session has forgotten this stream: with null because both directions ended in order, and what has arrived
    /// can still be read; otherwise for a reason, and what has not been read is lost, as with a TCP reset.
    /// </summary>
    internal void OnOver(StreamEnd? end)
    {
        TaskCompletionSource<StreamEnd?>? opened;
        TaskCompletionSource<StreamEnd?>? completion;
        lock (_receiveLock)
        {
            _isOver = true;
            _end = end;
            opened = _opened;
            completion = _completion;
            if (end is not null)
            {
                _queue.Clear();
            }
        }

        opened?.TrySetResult(end);
        completion?.TrySetResult(end);
        Turn.Set();
        WakeReader();
    }

    private static Task<StreamEnd?> ObserveAsync(ref TaskCompletionSource<StreamEnd?>? source, bool isDone, StreamEnd? result)
    {
        if (source is null)
        {
            if (isDone && result is null)
            {
                return NothingWrong;
            }

            source = new TaskCompletionSource<StreamEnd?>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (isDone)
        {
            source.TrySetResult(result);
        }

        return source.Task;
    }
}
