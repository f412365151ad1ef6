using System.Buffers.Binary;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>
/// Two sessions over a simulated link, and what must come out of them: each byte that a stream accepted arrives exactly
/// once and in order, or the stream ends with a reason on both sides.
/// </summary>
internal sealed class SessionModel
{
    private readonly ManualTime _time = new();
    private readonly Session[] _sessions = new Session[2];
    private readonly SimulatedLink?[] _links = new SimulatedLink?[2];
    private readonly List<SessionStream>[] _offered = [[], []];
    private readonly List<ModelStream> _streams = [];

    public SessionModel()
    {
        var id = Guid.NewGuid();
        for (int side = 0; side < 2; side++)
        {
            List<SessionStream> offered = _offered[side];
            _sessions[side] = new Session(
                id, isClient: side == 0, (_, stream) => offered.Add(stream), _time, KeepAlive.Default, TimeSpan.FromHours(1));
        }

        Connect();
    }

    /// <summary>One random step. Any number is a valid operation.</summary>
    public void Step(int operation)
    {
        int side = operation & 1;
        int size = (operation >> 8) & 0x3FFFF;
        ModelStream? stream = _streams.Count == 0 ? null : _streams[(operation >> 12) % _streams.Count];
        switch ((operation >> 1) % 20)
        {
            case 0:
            case 1:
                Open(side, StreamKind.Tcp);
                break;
            case 2:
                Open(side, StreamKind.Udp);
                break;
            case 3:
            case 4:
                Answer(side, refuse: size % 8 == 0);
                break;
            case 5:
            case 6:
            case 7:
                stream?.Write(side, size);
                break;
            case 8:
                stream?.Write(side, size % 32);
                break;
            case 9:
                stream?.EndWriting(side);
                break;
            case 10 when size % 4 == 0:
                stream?.Reset(side);
                break;
            case 11:
            case 12:
                stream?.Read(side, size);
                break;
            case 13:
                Connect();
                break;
            case 14:
                Cut(side, both: size % 2 == 0);
                break;
            case 15:
                _time.Advance(TimeSpan.FromMilliseconds(size % 64));
                break;
            case 16:
                _links[side]?.TakeOutput(size);
                break;
            default:
                Carry(side, size);
                break;
        }
    }

    /// <summary>No more trouble: what was written must now arrive, and nothing may be left over.</summary>
    public void Settle()
    {
        Connect();
        for (int side = 0; side < 2; side++)
        {
            while (_offered[side].Count > 0)
            {
                Answer(side, refuse: false);
            }
        }

        for (int round = 0; round < 200; round++)
        {
            Carry(0, int.MaxValue);
            Carry(1, int.MaxValue);
            _time.Advance(TimeSpan.FromMilliseconds(30));
            for (int side = 0; side < 2; side++)
            {
                Answer(side, refuse: false);
                foreach (ModelStream stream in _streams)
                {
                    stream.Read(side, int.MaxValue);
                    stream.WriteRest(side);
                    stream.EndWriting(side);
                }
            }
        }

        foreach (Session session in _sessions)
        {
            Assert.Null(session.EndReason);
            Assert.Equal(0, session.OpenStreams);
        }

        foreach (ModelStream stream in _streams)
        {
            stream.AssertSettled();
        }
    }

    private void Open(int side, StreamKind kind)
    {
        var stream = new ModelStream(kind, opener: side, _sessions[side].Open(kind, BitConverter.GetBytes(_streams.Count)));
        _streams.Add(stream);
    }

    private void Answer(int side, bool refuse)
    {
        if (_offered[side].Count == 0)
        {
            return;
        }

        SessionStream offered = _offered[side][0];
        _offered[side].RemoveAt(0);
        _streams[BinaryPrimitives.ReadInt32LittleEndian(offered.OpenPayload.Span)].Offer(side, offered);
        if (refuse)
        {
            offered.Refuse(new StreamEnd(StreamEndCode.Refused, "refused by the model"));
        }
        else
        {
            offered.Accept();
        }
    }

    private void Carry(int side, int size)
    {
        if (_links[side] is { } from && _links[1 - side] is { } to)
        {
            from.TakeOutput(size);
            from.Carry(to, size);
        }
    }

    /// <summary>One side notices that the link is gone, or both do. What was on its way is lost.</summary>
    private void Cut(int side, bool both)
    {
        for (int each = 0; each < 2; each++)
        {
            if ((each == side || both) && _links[each] is { } link)
            {
                _sessions[each].Core.Detach(link);
                link.Abort();
                _links[each] = null;
            }
        }
    }

    /// <summary>A new link, while the old one may still be there on either side: it is replaced, as by a hello and its answer.</summary>
    private void Connect()
    {
        if (_links[0] is { } old)
        {
            _sessions[0].Core.Detach(old); // A client dials only when its own link is gone.
            old.Abort();
        }

        var near = new SimulatedLink(_sessions[0].Core);
        var far = new SimulatedLink(_sessions[1].Core);
        Assert.True(_sessions[1].Core.TryAttach(far, _sessions[0].Core.Received, out long received));
        Assert.True(_sessions[0].Core.TryAttach(near, received, out _));
        _links[0] = near;
        _links[1] = far;
    }
}
