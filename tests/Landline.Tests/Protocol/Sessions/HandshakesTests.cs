using System.Net;
using Landline.Protocol.Sessions;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Sessions;

public sealed class HandshakesTests
{
    private static readonly IPAddress Flood = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress Other = IPAddress.Parse("10.0.0.2");

    private readonly ManualTime _time = new();
    private Handshakes _handshakes;

    public HandshakesTests() => _handshakes = new Handshakes(3, _time);

    [Fact]
    public void Whoever_has_most_loses_the_oldest_to_somebody_who_has_fewer()
    {
        Handshakes.Place[] flood = [Enter(Flood), Enter(Flood), Enter(Flood)];

        Handshakes.Place other = Enter(Other);

        Assert.Equal([true, false, false], flood.Select(place => place.Ended.IsCancellationRequested));
        Assert.False(other.Ended.IsCancellationRequested);
    }

    [Fact]
    public void Whoever_has_most_gets_no_more_at_once()
    {
        Handshakes.Place[] places = [Enter(Other), Enter(Flood), Enter(Flood)];

        Assert.Null(_handshakes.TryEnter(Flood));

        Assert.DoesNotContain(places, place => place.Ended.IsCancellationRequested);
    }

    [Fact]
    public void Links_of_one_address_push_each_other_out_only_when_they_had_the_time_of_a_handshake()
    {
        Handshakes.Place[] places = [Enter(null), Enter(null), Enter(null)];

        _time.Advance(Handshakes.Genuine - TimeSpan.FromTicks(1));
        Assert.Null(_handshakes.TryEnter(null));

        places[1].Dispose();
        Handshakes.Place young = Enter(null);
        Assert.False(places[0].Ended.IsCancellationRequested);

        _time.Advance(TimeSpan.FromTicks(1));
        Enter(null);
        Enter(null);
        Assert.Equal([true, true], new[] { places[0], places[2] }.Select(place => place.Ended.IsCancellationRequested));
        Assert.Null(_handshakes.TryEnter(null));
        Assert.False(young.Ended.IsCancellationRequested);
    }

    [Fact]
    public void Silent_port_forwards_keep_no_other_port_forward_out()
    {
        _handshakes = new Handshakes(64, _time);
        Handshakes.Place[] silent = [.. Enumerable.Range(0, 64).Select(_ => Enter(IPAddress.Loopback))];
        _time.Advance(Handshakes.Genuine);

        Handshakes.Place genuine = Enter(IPAddress.Loopback);

        Assert.Equal(silent[..1], silent.Where(place => place.Ended.IsCancellationRequested));
        Assert.False(genuine.Ended.IsCancellationRequested);
    }

    [Fact]
    public void Many_addresses_with_few_links_each_do_not_push_out_those_of_port_forwards()
    {
        _handshakes = new Handshakes(64, _time);
        Handshakes.Place[] forwards = [Enter(IPAddress.Loopback), Enter(IPAddress.Loopback), Enter(IPAddress.Loopback)];

        foreach (int _ in Enumerable.Range(0, 3))
        {
            foreach (int pod in Enumerable.Range(1, 30))
            {
                _handshakes.TryEnter(new IPAddress([10, 0, 1, (byte)pod]));
            }
        }

        Assert.DoesNotContain(forwards, place => place.Ended.IsCancellationRequested);
        Enter(IPAddress.Loopback);
    }

    [Fact]
    public void A_place_that_was_taken_away_is_not_counted_twice()
    {
        Handshakes.Place first = Enter(Flood);
        Enter(Flood);
        Enter(Flood);
        Enter(Other);

        first.Dispose();

        Assert.Null(_handshakes.TryEnter(Flood));
    }

    private Handshakes.Place Enter(IPAddress? source) => Assert.IsType<Handshakes.Place>(_handshakes.TryEnter(source));
}
