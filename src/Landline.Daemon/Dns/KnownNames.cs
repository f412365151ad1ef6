using Landline.Networking.Dns;

namespace Landline.Daemon.Dns;

/// <summary>
/// Names that the cluster has said to have, for when it cannot be asked. The oldest is forgotten for a new one when
/// there are too many. Any thread may call anything.
/// </summary>
internal sealed class KnownNames
{
    /// <summary>More than the services that one machine talks to; some 200 bytes each.</summary>
    public const int Most = 4096;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Takes in what the cluster answered; a failure says nothing.</summary>
    public void Learn(string name, DnsResponseCode code)
    {
        lock (_lock)
        {
            if (code == DnsResponseCode.NoError && _names.Add(name))
            {
                _order.Enqueue(name);
                if (_order.Count > Most)
                {
                    _names.Remove(_order.Dequeue());
                }
            }
            else if (code == DnsResponseCode.NameError)
            {
                // Its place in the queue stays: if it comes back it is forgotten a little early.
                _names.Remove(name);
            }
        }
    }

    public bool Contains(string name)
    {
        lock (_lock)
        {
            return _names.Contains(name);
        }
    }
}
