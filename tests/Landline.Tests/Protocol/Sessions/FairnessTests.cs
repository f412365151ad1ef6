using Landline.Protocol.Frames;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>Who gets how much of a link that is slower than those who write to it.</summary>
public sealed class FairnessTests
{
    // What docs/protocol/session.md promises: this much unsent in front of a link, and turns of one frame.
    private const int UnsentBytes = 256 * 1024;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_small_write_waits_for_what_is_unsent_and_for_one_frame_of_each_stream_before_it(int bulkStreams)
    {
        var pair = new SimulatedPair();
        Writer[] bulk = [.. Enumerable.Range(0, bulkStreams).Select(_ => new Writer(pair, pair.Open().Near))];
        SessionStream small = pair.Open().Near;
        Assert.All(bulk, static writer => Assert.True(writer.Waits()));
        Assert.True(new Writer(pair, small, bytes: 100).Waits());

        uint[] order = TakeData(pair, out int[] lengths);

        int ahead = lengths[..Array.IndexOf(order, small.Id)].Sum();
        Assert.InRange(ahead, UnsentBytes, UnsentBytes + ((1 + bulkStreams) * FrameCodec.LongestFrame));
        Assert.True(lengths.Sum() > UnsentBytes + (2 * bulkStreams * FrameCodec.LongestFrame)); // More came after it.
    }

    [Fact]
    public void Streams_that_always_have_data_take_turns_of_one_frame()
    {
        var pair = new SimulatedPair();
        Writer[] bulk = [.. Enumerable.Range(0, 4).Select(_ => new Writer(pair, pair.Open().Near))];
        Assert.All(bulk, static writer => Assert.True(writer.Waits()));

        uint[] order = TakeData(pair, out _);

        // The first had the link to itself until the others came, and has less credit left than they have.
        uint[][] rounds = [.. order.SkipWhile(id => id == order[0]).Chunk(4).Take(3)];
        Assert.Equal(3, rounds.Length);
        Assert.All(rounds, static round => Assert.Equal(4, round.Distinct().Count()));
    }

    [Fact]
    public void A_stream_whose_reader_stalls_holds_up_no_other()
    {
        var pair = new SimulatedPair();
        SessionStream stalled = pair.Open().Near;
        Assert.True(new Writer(pair, stalled).Waits());
        pair.Carry();
        Assert.Equal(0, stalled.Flow.SendCredit);

        (SessionStream near, SessionStream far) = pair.Open();
        Assert.Equal(5, near.TryWrite("hello"u8, hasTurn: false));
        pair.Carry();

        Assert.Equal(5, far.TryRead(new byte[16]));
    }

    [Fact]
    public void Under_a_long_round_trip_the_window_of_a_fast_reader_grows_and_that_of_a_slow_one_does_not()
    {
        var pair = new SimulatedPair { OneWay = TimeSpan.FromMilliseconds(50) };
        (SessionStream fastNear, SessionStream fast) = pair.Open();
        (SessionStream slowNear, SessionStream slow) = pair.Open();
        Assert.True(new Writer(pair, fastNear).Waits());
        Assert.True(new Writer(pair, slowNear).Waits());
        int initial = slow.Flow.Window;
        var buffer = new byte[128 * 1024];

        for (int trips = 0; trips < 100 && fast.Flow.Window < SessionLimits.LargestWindow; trips++)
        {
            pair.Travel();
            while (fast.TryRead(buffer) > 0)
            {
                // Everything that has come.
            }

            slow.TryRead(buffer); // A quarter of a window a round trip: it is judged again and again.
        }

        Assert.Equal(TimeSpan.FromMilliseconds(100), pair.Far.RoundTrip);
        Assert.Equal(16 * 1024 * 1024, fast.Flow.Window);
        Assert.Equal(512 * 1024, initial);
        Assert.Equal(initial, slow.Flow.Window);
    }

    /// <summary>The link takes all there is, until credit has run out: the streams of the DATA frames in their order, and their lengths.</summary>
    private static uint[] TakeData(SimulatedPair pair, out int[] lengths)
    {
        pair.NearLink.TakeOutput(int.MaxValue);
        byte[] output = pair.NearLink.Output;
        var frames = new List<FrameHeader>();
        for (int start = 0; start < output.Length; start += FrameCodec.HeaderBytes + frames[^1].Length)
        {
            frames.Add(FrameCodec.ReadHeader(output.AsSpan(start)));
        }

        frames.RemoveAll(static frame => frame.Kind != FrameKind.Data);
        lengths = [.. frames.Select(static frame => FrameCodec.HeaderBytes + frame.Length)];
        return [.. frames.Select(static frame => frame.StreamId)];
    }

    /// <summary>Has this much to write, and waits for its turn as WriteAsync does.</summary>
    private sealed class Writer
    {
        private readonly byte[] _buffer = new byte[FrameCodec.LongestPayload];
        private readonly SessionStream _stream;
        private long _left;
        private bool _waits;

        public Writer(SimulatedPair pair, SessionStream stream, long bytes = long.MaxValue)
        {
            (_stream, _left) = (stream, bytes);
            pair.NearLink.OnTurn += turn =>
            {
                if (turn == _stream)
                {
                    _waits = false;
                    Write(hasTurn: true);
                }
            };
        }

        /// <summary>Writes as long as it may; true = it waits for its turn.</summary>
        public bool Waits()
        {
            Write(hasTurn: false);
            return _waits;
        }

        private void Write(bool hasTurn)
        {
            for (; _left > 0 && !_waits; hasTurn = false)
            {
                int written = _stream.TryWrite(_buffer.AsSpan(0, (int)Math.Min(_left, _buffer.Length)), hasTurn);
                _left -= written;
                _waits = written == 0;
            }
        }
    }
}
