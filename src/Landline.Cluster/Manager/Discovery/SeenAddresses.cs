using System.Net;

namespace Landline.Cluster.Manager.Discovery;

/// <summary>
/// Addresses that some object has, or had until a while ago: a pod that goes must not take a route away from under the
/// one that follows it. Not thread-safe.
/// </summary>
internal sealed class SeenAddresses(TimeSpan memory, TimeProvider timeProvider)
{
    // When the last holder went; null = somebody has it.
    private readonly Dictionary<IPAddress, DateTimeOffset?> _addresses = [];

    public IReadOnlyCollection<IPAddress> All => _addresses.Keys;

    /// <summary>Who has one now; forgets what nobody has had for a while.</summary>
    public void Update(IEnumerable<IPAddress> held)
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        HashSet<IPAddress> current = [.. held];
        foreach (IPAddress address in _addresses.Keys.Where(address => !current.Contains(address)).ToArray())
        {
            if (_addresses[address] is not { } left)
            {
                _addresses[address] = now;
            }
            else if (now - left >= memory)
            {
                _addresses.Remove(address);
            }
        }

        foreach (IPAddress address in current)
        {
            _addresses[address] = null;
        }
    }
}
