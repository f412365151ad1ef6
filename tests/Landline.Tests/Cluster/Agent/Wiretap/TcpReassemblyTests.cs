using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Landline.Cluster.Agent.Wiretap;

namespace Landline.Tests.Cluster.Agent.Wiretap;

public sealed class TcpReassemblyTests
{
    [Fact]
    public void Any_cut_any_order_and_any_repetition_give_the_bytes_once_and_in_order()
    {
        Prop.ForAll<byte[], int, uint>((bytes, seed, start) =>
        {
            var random = new Random(seed);
            var segments = new List<(uint Sequence, byte[] Bytes, bool Fin)>();
            for (int at = 0; at < bytes.Length;)
            {
                int length = Math.Min(random.Next(1, 6), bytes.Length - at);
                int overlap = Math.Min(at, random.Next(0, 3));
                segments.Add((start + 1 + (uint)(at - overlap), bytes[(at - overlap)..(at + length)], false));
                at += length;
            }

            segments.Add((start + 1 + (uint)bytes.Length, [], true));
            segments.AddRange(segments.Where(_ => random.Next(4) == 0).ToList());
            (uint, byte[], bool)[] shuffled = [.. segments];
            random.Shuffle(shuffled);

            var received = new List<byte>();
            FlowEnd end = FlowEnd.Open;
            using var flow = new TcpReassembly(start);
            foreach ((uint sequence, byte[] part, bool fin) in shuffled)
            {
                FlowEnd state = flow.Add(sequence, part, fin, reset: false, span => received.AddRange(span.ToArray()));
                end = state == FlowEnd.Finished ? state : end;
            }

            return received.SequenceEqual(bytes) && end == FlowEnd.Finished;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Sequence_numbers_wrap_around()
    {
        var received = new StringBuilder();
        using var flow = new TcpReassembly(uint.MaxValue - 2);

        flow.Add(uint.MaxValue - 1, "ab"u8, fin: false, reset: false, Deliver);
        flow.Add(2, "ef"u8, fin: true, reset: false, Deliver);
        FlowEnd end = flow.Add(0, "cd"u8, fin: false, reset: false, Deliver);

        Assert.Equal("abcdef", received.ToString());
        Assert.Equal(FlowEnd.Finished, end);

        void Deliver(ReadOnlySpan<byte> bytes) => received.Append(Encoding.ASCII.GetString(bytes));
    }

    [Fact]
    public void A_segment_half_the_range_away_is_old()
    {
        using var flow = new TcpReassembly(0);

        FlowEnd end = flow.Add(1 + 0x8000_0000, "far"u8, fin: false, reset: false, _ => Assert.Fail("it is not new"));

        Assert.Equal(FlowEnd.Open, end);
    }

    [Fact]
    public void A_gap_that_is_not_filled_loses_the_copy_at_a_bound()
    {
        using var flow = new TcpReassembly(0);
        byte[] segment = new byte[64 * 1024];
        FlowEnd end = FlowEnd.Open;
        int kept = 0;
        for (uint sequence = 2; end == FlowEnd.Open; sequence += (uint)segment.Length, kept++)
        {
            end = flow.Add(sequence, segment, fin: false, reset: false, _ => Assert.Fail("nothing is in order"));
        }

        Assert.Equal(FlowEnd.Lost, end);
        Assert.Equal(TcpReassembly.LargestGapBytes / segment.Length, kept - 1);
    }

    [Fact]
    public void A_reset_ends_it_at_once()
    {
        using var flow = new TcpReassembly(0);

        Assert.Equal(FlowEnd.Reset, flow.Add(1, [], fin: false, reset: true, _ => { }));
    }
}
