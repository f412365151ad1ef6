using System.Net;

namespace Landline.Daemon.Connections;

/// <summary>
/// The addresses that host names have had lately. A load balancer's name gives some of its addresses in each answer, and
/// connections to those of earlier answers are still open. Any thread may use it.
/// </summary>
internal sealed class SeenAddresses(TimeProvider time)
{
    /// <summary>Longer than programs keep an answer, and than connections that nobody uses any more stay open.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>Of one name. The largest load balancers have some dozens; each is a route of this machine.</summary>
    public const int MostOfOneName = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<IPAddress, long>> _names = new(StringComparer.Ordinal);

    public IReadOnlyCollection<IPAddress> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _names.Values.SelectMany(seen => seen.Keys).Distinct()];
            }
        }
    }

    /// <summary>Adds an answer, which may be empty, and forgets what the name has not had for a while.</summary>
    /// <returns>Whether the name's addresses are others than before.</returns>
    public bool See(string name, IReadOnlyCollection<IPAddress> found)
    {
        lock (_lock)
        {
            if (!_names.TryGetValue(name, out Dictionary<IPAddress, long>? seen))
            {
                _names[name] = seen = [];
            }

            HashSet<IPAddress> before = [.. seen.Keys];
            long now = time.GetTimestamp();
            foreach (IPAddress address in found)
            {
                seen[address] = now;
            }

            KeyValuePair<IPAddress, long>[] over = [.. seen.OrderByDescending(one => one.Value).Skip(MostOfOneName)];
            foreach ((IPAddress address, _) in over.Concat(seen.Where(one => time.GetElapsedTime(one.Value, now) > Kept)).ToArray())
            {
                seen.Remove(address);
            }

            return !before.SetEquals(seen.Keys);
        }
    }
}
