using Landline.Daemon.PacketEngine;
using Landline.Networking.Packets;
using Landline.TestSupport;
using Landline.Tests.Networking.Packets;

namespace Landline.Tests.Daemon.PacketEngine;

public sealed class NatTableTests
{
    private readonly ManualTime _time = new();
    private readonly NatTable _table;

    public NatTableTests() => _table = new NatTable(_time);

    [Fact]
    public void A_flow_has_a_port_and_the_port_leads_back_to_it()
    {
        NatEntry entry = Offer(Flow(40_000));

        Assert.Same(entry, _table.FindByFlow(Flow(40_000), TcpControl.Ack));
        Assert.Same(entry, _table.FindByPort(entry.Port, TcpControl.Ack));
        Assert.Null(_table.FindByFlow(Flow(40_001), TcpControl.Ack));
        Assert.Null(_table.FindByPort((ushort)(entry.Port + 1), TcpControl.Ack));
    }

    [Fact]
    public void An_accepted_socket_is_matched_once()
    {
        NatEntry entry = Offer(Flow(1));

        Assert.Same(entry, _table.Accept(entry.Port));
        Assert.Null(_table.Accept(entry.Port));
        Assert.Null(_table.Accept((ushort)(entry.Port + 1)));
    }

    [Fact]
    public void What_is_not_accepted_in_time_is_abandoned_once()
    {
        NatEntry entry = Offer(Flow(1));
        NatEntry accepted = Offer(Flow(2));
        _table.Accept(accepted.Port);

        _time.Advance(NatTable.AcceptPatience - TimeSpan.FromSeconds(1));
        Assert.Empty(_table.Sweep());
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Same(entry, Assert.Single(_table.Sweep()));
        Assert.Empty(_table.Sweep());
        Assert.Null(_table.Accept(entry.Port));
    }

    [Fact]
    public void A_process_that_resets_instead_of_connecting_is_noticed_at_once()
    {
        NatEntry entry = Offer(Flow(1));
        _table.FindByFlow(Flow(1), TcpControl.Rst);

        Assert.Same(entry, Assert.Single(_table.Sweep()));
    }

    [Fact]
    public void A_port_is_free_after_the_last_words_of_both_sides()
    {
        NatEntry entry = Connect(Flow(1));
        _table.Release(entry);
        _table.FindByFlow(Flow(1), TcpControl.Fin | TcpControl.Ack);
        _table.FindByPort(entry.Port, TcpControl.Fin | TcpControl.Ack);
        _table.Sweep();
        Assert.Equal(1, _table.Count);

        _time.Advance(NatTable.LastWords + TimeSpan.FromSeconds(1));
        _table.Sweep();

        Assert.Equal(0, _table.Count);
        Assert.Null(_table.FindByFlow(Flow(1), TcpControl.Ack));
    }

    [Fact]
    public void A_process_that_reads_slowly_keeps_its_closing_connection_while_segments_pass()
    {
        NatEntry entry = Connect(Flow(1));
        _table.Release(entry);
        for (int i = 0; i < 10; i++)
        {
            _time.Advance(NatTable.ClosingPatience - TimeSpan.FromSeconds(1));
            Assert.NotNull(_table.FindByPort(entry.Port, TcpControl.Ack));
            _table.Sweep();
        }

        Assert.Equal(1, _table.Count);
        _time.Advance(NatTable.ClosingPatience + TimeSpan.FromSeconds(1));
        _table.Sweep();
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void A_new_connection_between_the_same_ports_gets_a_port_of_its_own_and_survives_the_old_one()
    {
        NatEntry old = Connect(Flow(1));
        NatEntry current = Connect(Flow(1));
        Assert.NotEqual(old.Port, current.Port);

        _table.Release(old);
        _table.Sweep();
        _time.Advance(NatTable.LastWords + TimeSpan.FromSeconds(1));
        _table.Sweep();

        Assert.Equal(1, _table.Count);
        Assert.Null(_table.FindByPort(old.Port, TcpControl.Ack));
        Assert.Same(current, _table.FindByFlow(Flow(1), TcpControl.Ack));
    }

    [Fact]
    public void Releasing_twice_frees_one_port()
    {
        NatEntry entry = Connect(Flow(1));
        _table.Release(entry);
        _table.FindByFlow(Flow(1), TcpControl.Rst);
        _table.Sweep();
        _time.Advance(NatTable.LastWords + TimeSpan.FromSeconds(1));
        _table.Sweep();
        Connect(Flow(2));

        _table.Release(entry);
        _table.Sweep();

        Assert.Equal(1, _table.Count);
    }

    [Fact]
    public void The_oldest_closing_connection_gives_way_and_a_live_one_never_does()
    {
        var entries = new List<NatEntry>();
        for (int i = 0; i < NatTable.Ports; i++)
        {
            entries.Add(Connect(Flow((ushort)i)));
        }

        Assert.Null(_table.Offer(Flow(65_535), 1, null));
        _table.Release(entries[7]);
        _time.Advance(TimeSpan.FromSeconds(1));
        _table.Release(entries[3]);

        Assert.Equal(entries[7].Port, _table.Offer(Flow(65_535), 1, null)?.Port);
        Assert.Equal(NatState.Released, entries[7].State);
        Assert.Equal(NatState.Closing, entries[3].State);
    }

    private static FlowKey Flow(ushort port) => new(SamplePackets.V4Source, port, SamplePackets.V4Destination, 80);

    private NatEntry Offer(FlowKey flow)
    {
        NatEntry? entry = _table.Offer(flow, 17, null);
        Assert.NotNull(entry);
        return entry;
    }

    private NatEntry Connect(FlowKey flow)
    {
        NatEntry entry = Offer(flow);
        Assert.Same(entry, _table.Accept(entry.Port));
        return entry;
    }
}
