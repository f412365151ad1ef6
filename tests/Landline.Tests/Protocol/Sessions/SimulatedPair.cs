using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>Two sessions over a simulated link, in one thread: time passes and bytes travel only when a test says so.</summary>
internal sealed class SimulatedPair
{
    private readonly List<SessionStream> _offered = [];

    public SimulatedPair()
    {
        var id = Guid.NewGuid();
        Near = new Session(id, isClient: true, static (_, _) => { }, Time, KeepAlive.Default, TimeSpan.FromMinutes(2));
        Far = new Session(id, isClient: false, (_, stream) => _offered.Add(stream), Time, KeepAlive.Default, TimeSpan.FromMinutes(2));
        NearLink = FarLink = null!;
        Connect();
    }

    public ManualTime Time { get; } = new();

    /// <summary>How long a byte travels.</summary>
    public TimeSpan OneWay { get; init; }

    public Session Near { get; }

    public Session Far { get; }

    public SimulatedLink NearLink { get; private set; }

    public SimulatedLink FarLink { get; private set; }

    /// <summary>A link in place of any other; what was on its way is lost.</summary>
    public void Connect()
    {
        NearLink = new SimulatedLink(Near.Core);
        FarLink = new SimulatedLink(Far.Core);
        Assert.True(Far.Core.TryAttach(FarLink, Near.Core.Received, out long received));
        Assert.True(Near.Core.TryAttach(NearLink, received, out _));
        Time.Advance(TimeSpan.FromMilliseconds(1)); // The first pings are due.
    }

    /// <summary>Carries everything that either side has to say, and what comes of it.</summary>
    public void Carry()
    {
        do
        {
            Travel();
            NearLink.TakeOutput(int.MaxValue);
            FarLink.TakeOutput(int.MaxValue);
        }
        while (NearLink.InFlight + FarLink.InFlight > 0);
    }

    /// <summary>Carries what both sides have to say now. What comes of it stays where it is.</summary>
    public void Travel()
    {
        NearLink.TakeOutput(int.MaxValue);
        FarLink.TakeOutput(int.MaxValue);
        Time.Advance(OneWay);
        NearLink.Carry(FarLink, int.MaxValue);
        FarLink.Carry(NearLink, int.MaxValue);
    }

    public void CarryToFar()
    {
        NearLink.TakeOutput(int.MaxValue);
        NearLink.Carry(FarLink, int.MaxValue);
    }

    public void CarryToNear()
    {
        FarLink.TakeOutput(int.MaxValue);
        FarLink.Carry(NearLink, int.MaxValue);
    }

    /// <summary>Opens a stream from near to far and accepts it.</summary>
    public (SessionStream Near, SessionStream Far) Open(StreamKind kind = StreamKind.Tcp)
    {
        SessionStream near = Near.Open(kind, []);
        Carry();
        SessionStream far = _offered[^1];
        far.Accept();
        Carry();
        Assert.True(near.Opened.IsCompletedSuccessfully);
        return (near, far);
    }
}
