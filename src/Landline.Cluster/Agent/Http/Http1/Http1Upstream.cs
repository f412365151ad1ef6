using Landline.Cluster.Agent.Http.Filters;

namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>
/// One connection to the original or to a workstation, made for one client connection. Its loop always has a read
/// pending, so that the end of an idle connection is seen at once, and passes responses to the client as they come: it
/// looks for where a response ends and changes nothing.
/// </summary>
internal sealed class Http1Upstream(Http1Connection connection, Http1Exchange exchange, Stream stream, FilteredAttachment? attachment)
    : IDisposable
{
    private readonly ReadBuffer _input = new();
    private readonly ResponseHead _head = new();
    private readonly ChunkScanner _chunks = new();
    private volatile State _state;
    private volatile bool _isDead;
    private long _remaining;
    private bool _closes;

    private enum State
    {
        Idle,
        Head,
        Fixed,
        Chunked,
        UntilClose,
        Complete,
        Unasked,
        Tunnel,
    }

    /// <summary>Null: the original.</summary>
    public FilteredAttachment? Attachment { get; } = attachment;

    public Stream Stream { get; } = stream;

    /// <summary>Nothing more comes from it and nothing may be sent on it. Set by the exchange, under its lock.</summary>
    public bool IsDead
    {
        get => _isDead;
        set => _isDead = value;
    }

    /// <summary>It has answered a request: its end before the answer to a later one may be an idle timeout.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>What the request was that it answers, or answered last.</summary>
    public ExpectedAnswer Expected { get; private set; }

    /// <summary>Completes when nothing more comes from it; never fails.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public void Start() => Completion = RunAsync();

    /// <summary>Called by the exchange, before the first byte of a request is sent.</summary>
    public void Expect(ExpectedAnswer expected)
    {
        Expected = expected;
        _closes = false;
        _state = State.Head;
    }

    public void ExpectBytes() => _state = State.Tunnel;

    /// <returns>False when the upstream is gone; its loop learns that too and deals with the exchange.</returns>
    public async ValueTask<bool> TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await Stream.WriteAsync(bytes, CancellationToken.None);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Ends it in order; its loop then ends and returns its buffer.</summary>
    public void Dispose() => Stream.Dispose();

    private async Task RunAsync()
    {
        bool toClient = false;
        bool orderly = false;
        try
        {
            while (true)
            {
                int received = await Stream.ReadAsync(_input.Prepare(), CancellationToken.None);
                if (received == 0)
                {
                    orderly = true;
                    break;
                }

                _input.Commit(received);
                while (_input.Length > 0)
                {
                    int count = Scan();
                    if (count > 0)
                    {
                        toClient = true;
                        await connection.Client.WriteAsync(_input.UnreadMemory[..count], CancellationToken.None);
                        toClient = false;
                        _input.Consume(count);
                    }

                    if (_state == State.Unasked)
                    {
                        StreamEnds.Abort(Stream);
                        break;
                    }

                    if (_state == State.Complete)
                    {
                        HasAnswered = true;
                        _state = State.Idle;
                        connection.EndExchange(_closes);
                    }
                    else if (count == 0)
                    {
                        break;
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            if (toClient)
            {
                connection.Abort();
            }
        }

        await EndAsync(exchange.Leave(this), orderly);
        _input.Dispose();
    }

    /// <summary>How many of the received bytes can go to the client now; moves the state on.</summary>
    private int Scan()
    {
        ReadOnlySpan<byte> bytes = _input.Unread;
        int count = 0;
        while (true)
        {
            ReadOnlySpan<byte> rest = bytes[count..];
            switch (_state)
            {
                case State.Idle:
                    // A server that speaks first does not speak HTTP/1. Later on such bytes answer no request (a 408, say).
                    _state = Attachment is null && !IsHttp2(rest) && exchange.TryBeginTunnel(this, unasked: true) ? State.Tunnel : State.Unasked;
                    break;
                case State.Head:
                    HeadStatus status = _head.Parse(rest);
                    if (status == HeadStatus.Incomplete && !_input.IsFull)
                    {
                        return count;
                    }

                    exchange.ResponseStarted = true;
                    exchange.ReleaseReplay();
                    count += status == HeadStatus.Complete ? _head.Length : 0;
                    _state = status == HeadStatus.Complete ? AfterHead() : NotUnderstood();
                    break;
                case State.Fixed:
                    int taken = (int)Math.Min(_remaining, rest.Length);
                    _remaining -= taken;
                    _state = _remaining == 0 ? State.Complete : State.Fixed;
                    return count + taken;
                case State.Chunked:
                    count += _chunks.Scan(rest);
                    if (!_chunks.IsInvalid)
                    {
                        _state = _chunks.IsComplete ? State.Complete : State.Chunked;
                        return count;
                    }

                    _state = NotUnderstood();
                    break;
                case State.UntilClose or State.Tunnel:
                    return bytes.Length;
                default:
                    return count;
            }
        }
    }

    /// <summary>Some servers send their SETTINGS frame before the client has said that it speaks HTTP/2.</summary>
    private static bool IsHttp2(ReadOnlySpan<byte> bytes) => bytes is [0, _, _, 4, 0, 0, 0, 0, 0, ..];

    private State AfterHead()
    {
        int status = _head.Status;
        if ((status == 101 && Expected.ToUpgrade) || (Expected.ToConnect && status is >= 200 and < 300))
        {
            connection.Observe(status);
            exchange.TryBeginTunnel(this, unasked: false);
            return State.Tunnel;
        }

        if (status is >= 102 and < 200 or 100)
        {
            return State.Head;
        }

        connection.Observe(status);

        // The original ends the connection itself when the client asks for it; a handler's end is not the client's.
        _closes = _head.EndsConnection || (Attachment is not null && Expected.IsLast);
        if (Expected.ToHead || status is 204 or 304)
        {
            return State.Complete;
        }

        if (_head.IsChunked)
        {
            _chunks.Reset();
            return State.Chunked;
        }

        _remaining = _head.ContentLength;
        return _remaining switch
        {
            0 => State.Complete,
            > 0 => State.Fixed,
            _ => State.UntilClose,
        };
    }

    /// <summary>
    /// Where a response ends is not certain. The original and the client then have the connection to themselves, as if
    /// nobody were between them; a workstation must not get other people's requests that way, so there the client's
    /// connection ends with this response.
    /// </summary>
    private State NotUnderstood()
    {
        if (Attachment is not null)
        {
            return State.UntilClose;
        }

        exchange.TryBeginTunnel(this, unasked: false);
        return State.Tunnel;
    }

    /// <param name="involved">A request that was sent on it has no answer yet.</param>
    private async ValueTask EndAsync(bool involved, bool orderly)
    {
        switch (_state)
        {
            case State.Tunnel when orderly:
                connection.EndWritingToClient();
                break;
            case State.Tunnel:
                connection.Abort();
                break;
            case State.UntilClose when orderly:
                connection.EndExchange(close: true);
                break;
            case State.Unasked when !involved:
                break;
            case State.Idle when !involved:
                connection.EndIdleUpstream(this);
                break;
            default:
                await connection.FailExchangeAsync(this, orderly);
                break;
        }
    }
}
