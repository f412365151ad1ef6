using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Http.Filters;

/// <summary>
/// One filtered attachment of a port. Compared with its filter, which is one object for one attachment: when an
/// attachment goes and another of the same name comes, connections to the first one's handler are not used for it.
/// </summary>
/// <param name="Id">Namespace and name.</param>
/// <param name="Filter">Compiled once for an attachment. Compiling it anew makes it another attachment.</param>
internal sealed record FilteredAttachment(
    string Id, HttpFilter Filter, WhenUnavailable WhenUnavailable, bool ForwardSourceAddress);

/// <summary>
/// The attachments of one port, oldest first. Replaced as a whole while connections run: each request is decided by the
/// entries at the moment its head is complete. One table lives as long as its port is captured and is given to every
/// connection's <see cref="RouterTargets"/>; empty, it sends everything to the original. Connections to handlers of
/// entries that are gone are closed at the next request of their client, so whoever removes an entry also resets the
/// streams that it gave out for it.
/// </summary>
internal sealed class FilterTable
{
    private volatile FilteredAttachment[] _entries = [];

    public IReadOnlyList<FilteredAttachment> Entries => _entries;

    /// <param name="entries">Those that stay are the same objects, or equal to them. Any thread.</param>
    public void Replace(IEnumerable<FilteredAttachment> entries) => _entries = [.. entries];

    /// <summary>Null: the original. Filters of one port do not overlap; if two should, the older attachment wins.</summary>
    public FilteredAttachment? Find(in RequestView request)
    {
        foreach (FilteredAttachment entry in _entries)
        {
            if (entry.Filter.Matches(request))
            {
                return entry;
            }
        }

        return null;
    }
}
