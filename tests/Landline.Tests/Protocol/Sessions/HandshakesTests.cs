using System.Net;
using Landline.Protocol.Sessions;

namespace Landline.Tests.Protocol.Sessions;

public sealed class HandshakesTests
{
    private static readonly IPAddress Flood = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress Other = IPAddress.Parse("10.0.0.2");

    private readonly Handshakes _handshakes = new(3);

    [Fact]
    public void Whoever_has_most_loses_the_oldest_to_somebody_who_has_fewer()
    {
        Handshakes.Place[] flood = [Enter(Flood), Enter(Flood), Enter(Flood)];

        Handshakes.Place other = Enter(Other);

        Assert.Equal([true, false, false], flood.Select(place => place.Ended.IsCancellationRequested));
        Assert.False(other.Ended.IsCancellationRequested);
    }

    [Fact]
    public void Whoever_has_most_gets_no_more()
    {
        Handshakes.Place[] places = [Enter(Other), Enter(Flood), Enter(Flood)];

        Assert.Null(_handshakes.TryEnter(Flood));

        Assert.DoesNotContain(places, place => place.Ended.IsCancellationRequested);
    }

    [Fact]
    public void Links_of_one_address_do_not_push_each_other_out()
    {
        Handshakes.Place[] places = [Enter(null), Enter(null), Enter(null)];

        Assert.Null(_handshakes.TryEnter(null));

        places[1].Dispose();
        Enter(null);
        Assert.False(places[0].Ended.IsCancellationRequested);
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
