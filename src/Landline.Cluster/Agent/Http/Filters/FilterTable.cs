using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Http.Filters;

/// <summary>One filtered attachment of a port.</summary>
/// <param name="Id">Namespace and name.</param>
internal sealed record FilteredAttachment(
    string Id, HttpFilter Filter, WhenUnavailable WhenUnavailable, bool ForwardSourceAddress);

/// <summary>
/// The attachments of one port, oldest first. Replaced as a whole while connections run: each request is decided by the
/// entries at the moment its head is complete.
/// </summary>
internal sealed class FilterTable
{
    private volatile FilteredAttachment[] _entries = [];

    public IReadOnlyList<FilteredAttachment> Entries => _entries;

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
