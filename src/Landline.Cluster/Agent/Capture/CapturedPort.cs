using Landline.Cluster.Agent.Http.Filters;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// One attached TCP port of a pod: either one attachment that takes every connection, or several that take the requests
/// their filters match. Changed by the pod's task; connections read it at any time.
/// </summary>
internal sealed class CapturedPort(TimeProvider timeProvider)
{
    /// <summary>After detaching, connections that are open have this long to finish what they are at.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromMilliseconds(1500);

    // Compiled once: the router knows an attachment by its entry.
    private readonly Dictionary<string, FilterEntry> _byUid = new(StringComparer.Ordinal);
    private volatile FilterEntry[] _entries = [];
    private volatile Serving _serving = new(null, new CancellationTokenSource());

    public FilterTable Filters { get; } = new();

    /// <summary>Those that went to the original, because no filter can see their requests.</summary>
    public UnreadableConnections Unreadable { get; } = new(timeProvider);

    /// <summary>Who takes the connections of now, and for how long they may go on.</summary>
    public Serving Now => _serving;

    /// <summary>Canceled when what an attachment's workstation was given of this port is to be taken back.</summary>
    public CancellationToken EndOf(string attachment) =>
        _entries.FirstOrDefault(entry => entry.Filtered.Id == attachment)?.Ends.Token ?? new CancellationToken(canceled: true);

    /// <param name="attachments">Those of this port; none: nothing is taken any more.</param>
    public void Set(IReadOnlyList<AgentAttachment> attachments)
    {
        SetFilters(attachments.Where(attachment => attachment.Http is not null));
        AgentAttachment? whole = attachments.FirstOrDefault(attachment => attachment.Http is null);
        Serving before = _serving;
        if (attachments.Count > 0 && before.Whole?.Uid == whole?.Uid)
        {
            _serving = before with { Whole = whole };
            return;
        }

        _serving = new Serving(whole, new CancellationTokenSource());
        EndLater(before.Ends);
    }

    private void SetFilters(IEnumerable<AgentAttachment> attachments)
    {
        var wanted = attachments.ToDictionary(attachment => attachment.Uid, StringComparer.Ordinal);
        foreach ((string uid, FilterEntry entry) in _byUid.Where(pair => !wanted.ContainsKey(pair.Key)).ToArray())
        {
            _byUid.Remove(uid);
            EndLater(entry.Ends);
        }

        foreach ((string uid, AgentAttachment attachment) in wanted)
        {
            // The manager has refused what cannot be compiled.
            if (!_byUid.ContainsKey(uid) && HttpFilter.TryCompile(attachment.Http, out HttpFilter filter, out _))
            {
                var filtered = new FilteredAttachment(
                    attachment.Attachment, filter, attachment.WhenUnavailable, attachment.ForwardSourceAddress);
                _byUid[uid] = new FilterEntry(filtered, new CancellationTokenSource());
            }
        }

        FilterEntry[] entries = [.. wanted.Keys.Where(_byUid.ContainsKey).Select(uid => _byUid[uid])];
        if (!entries.SequenceEqual(_entries))
        {
            _entries = entries;
            Filters.Replace(entries.Select(entry => entry.Filtered));
        }
    }

    // Not disposed: connections that end later still look at it, and a canceled source holds nothing.
    private void EndLater(CancellationTokenSource ends) =>
        timeProvider.CreateTimer(static ends => ((CancellationTokenSource)ends!).Cancel(), ends, DrainTime, Timeout.InfiniteTimeSpan);

    /// <param name="Whole">The attachment that takes every connection; null: the filters decide.</param>
    /// <param name="Ends">Canceled when connections of this time are to be reset.</param>
    internal sealed record Serving(AgentAttachment? Whole, CancellationTokenSource Ends);

    private sealed record FilterEntry(FilteredAttachment Filtered, CancellationTokenSource Ends);
}
