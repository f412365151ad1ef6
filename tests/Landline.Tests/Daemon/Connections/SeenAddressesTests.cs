using System.Net;
using Landline.Daemon.Connections;
using Landline.TestSupport;

namespace Landline.Tests.Daemon.Connections;

public sealed class SeenAddressesTests
{
    private readonly ManualTime _time = new();
    private readonly SeenAddresses _seen;

    public SeenAddressesTests() => _seen = new SeenAddresses(_time);

    [Fact]
    public void Answers_that_take_turns_add_up_and_stay_as_long_as_they_come()
    {
        Assert.True(See("10.0.0.1"));
        for (int i = 0; i < 10; i++)
        {
            _time.Advance(SeenAddresses.Kept / 2);
            See(i % 2 == 0 ? "10.0.0.2" : "10.0.0.1");

            Assert.Equal(["10.0.0.1", "10.0.0.2"], All());
        }

        Assert.False(See("10.0.0.2"));
    }

    [Fact]
    public void An_address_that_does_not_come_any_more_is_forgotten_after_its_time_and_not_before()
    {
        See("10.0.0.1");

        _time.Advance(SeenAddresses.Kept);
        Assert.False(_seen.See("host", []));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(_seen.See("host", []));

        Assert.Empty(All());
    }

    [Fact]
    public void Of_too_many_the_oldest_go()
    {
        for (int i = 0; i < SeenAddresses.MostOfOneName + 10; i++)
        {
            See($"10.0.0.{i}");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(SeenAddresses.MostOfOneName, _seen.All.Count);
        Assert.DoesNotContain("10.0.0.9", All());
        Assert.Contains("10.0.0.10", All());
    }

    [Fact]
    public void Two_names_may_have_the_same_address()
    {
        See("10.0.0.1");
        _time.Advance(SeenAddresses.Kept);
        _seen.See("other", [IPAddress.Parse("10.0.0.1")]);
        _time.Advance(TimeSpan.FromSeconds(1));
        _seen.See("host", []);

        Assert.Equal(["10.0.0.1"], All());
    }

    private bool See(string address) => _seen.See("host", [IPAddress.Parse(address)]);

    private string[] All() => [.. _seen.All.Select(address => address.ToString()).Order(StringComparer.Ordinal)];
}
