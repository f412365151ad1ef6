using System.Net;

namespace Landline.Protocol.Sessions;

/// <summary>
/// The links of which it is not known yet whether they are let in, counted by where they come from. When there are as many
/// as may be, the oldest of whoever has most of them makes room for somebody who has fewer; so one address that is silent
/// on all its links keeps nobody else out. Among those of one address the oldest makes room when it has had the time of a
/// genuine handshake. Thread-safe.
/// </summary>
/// <remarks>
/// A port-forward is dialled inside the server's own pod: all workstations of that transport are one address, loopback. So
/// whoever is silent there must not keep out the others of the same address, and loopback has some places that other
/// addresses, of which a flood may have any number, cannot push it out of. What comes through the API server's proxy has the API
/// server's address; whoever loses a place there comes by port-forward the next time.
/// </remarks>
internal sealed class Handshakes(int most, TimeProvider timeProvider)
{
    /// <summary>A genuine one takes milliseconds, and some round trips from far away.</summary>
    internal static readonly TimeSpan Genuine = TimeSpan.FromSeconds(1);

    private readonly int _loopbackShare = most / 4;
    private readonly Lock _lock = new();
    private readonly List<Place> _places = []; // In the order in which they came.

    /// <summary>Null: there is no place, and nobody who would have to make room for this source.</summary>
    /// <param name="source">Null where it is not known: all of those are one source.</param>
    public Place? TryEnter(IPAddress? source)
    {
        Place? leaving = null;
        var entered = new Place(this, source, timeProvider.GetTimestamp());
        lock (_lock)
        {
            if (_places.Count >= most)
            {
                leaving = WhoMakesRoomFor(source);
                if (leaving is null)
                {
                    entered.Dispose();
                    return null;
                }

                _places.Remove(leaving);
            }

            _places.Add(entered);
        }

        leaving?.End();
        return entered;
    }

    private Place? WhoMakesRoomFor(IPAddress? source)
    {
        IGrouping<IPAddress?, Place>[] sources = [.. _places.GroupBy(static place => place.Source)];
        IGrouping<IPAddress?, Place>? own = Array.Find(sources, group => Equals(group.Key, source));
        if (sources.MaxBy(Disputed) is { } largest && Disputed(largest) > (own is null ? 0 : Disputed(own)))
        {
            return largest.First();
        }

        return own?.First() is { } oldest && timeProvider.GetElapsedTime(oldest.Since) >= Genuine ? oldest : null;
    }

    /// <summary>How many of its places others can push it out of.</summary>
    private int Disputed(IGrouping<IPAddress?, Place> places) =>
        Math.Max(0, places.Count() - (places.Key is { } address && IPAddress.IsLoopback(address) ? _loopbackShare : 0));

    private void Leave(Place place)
    {
        lock (_lock)
        {
            _places.Remove(place);
        }
    }

    /// <summary>Of one link, until it is disposed.</summary>
    /// <param name="since">When it was taken: <see cref="TimeProvider.GetTimestamp"/>.</param>
    internal sealed class Place(Handshakes owner, IPAddress? source, long since) : IDisposable
    {
        private readonly CancellationTokenSource _ended = new();

        public IPAddress? Source { get; } = source;

        public long Since { get; } = since;

        /// <summary>Canceled when somebody else gets this place.</summary>
        public CancellationToken Ended => _ended.Token;

        public void End()
        {
            try
            {
                _ended.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It had just left by itself.
            }
        }

        public void Dispose()
        {
            owner.Leave(this);
            _ended.Dispose();
        }
    }
}
