using System.Net;

namespace Landline.Protocol.Sessions;

/// <summary>
/// The links of which it is not known yet whether they are let in, counted by where they come from. When there are as many
/// as may be, the oldest of whoever has most of them makes room for somebody who has fewer; so one address that is silent
/// on all its links keeps nobody else out. Thread-safe.
/// </summary>
internal sealed class Handshakes(int most)
{
    private readonly Lock _lock = new();
    private readonly List<Place> _places = []; // In the order in which they came.

    /// <summary>Null: there is no place, and nobody has more of them than this source.</summary>
    /// <param name="source">Null where it is not known: all of those are one source.</param>
    public Place? TryEnter(IPAddress? source)
    {
        Place? oldest = null;
        var entered = new Place(this, source);
        lock (_lock)
        {
            if (_places.Count >= most)
            {
                IGrouping<IPAddress?, Place>? largest = _places.GroupBy(static place => place.Source).MaxBy(static group => group.Count());
                if (largest is null || largest.Count() <= _places.Count(place => Equals(place.Source, source)))
                {
                    entered.Dispose();
                    return null;
                }

                oldest = largest.First();
                _places.Remove(oldest);
            }

            _places.Add(entered);
        }

        oldest?.End();
        return entered;
    }

    private void Leave(Place place)
    {
        lock (_lock)
        {
            _places.Remove(place);
        }
    }

    /// <summary>Of one link, until it is disposed.</summary>
    internal sealed class Place(Handshakes owner, IPAddress? source) : IDisposable
    {
        private readonly CancellationTokenSource _ended = new();

        public IPAddress? Source { get; } = source;

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
