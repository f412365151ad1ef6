using Landline.Cluster.Agent.Http.Filters;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// One attached TCP port of a pod: either one attachment that takes every connection, or several that take the requests
/// their filters match. Changed by the pod's task; connections read it at any time.
/// </summary>
internal sealed class CapturedPort(int port, TimeProvider timeProvider) : IDisposable
{
    /// <summary>After detaching, connections that are open have this long to finish what they are at.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromMilliseconds(1500);

    private volatile Serving _serving = new(null, new CancellationTokenSource());

    public int Port => port;

    public FilterTable Filters { get; } = new();

    /// <summary>Who takes the connections of now, and for how long they may go on.</summary>
    public Serving Now => _serving;

    /// <param name="attachments">Those of this port; none: nothing is taken any more.</param>
    public void Set(IReadOnlyList<AgentAttachment> attachments)
    {
        AgentAttachment? whole = attachments.FirstOrDefault(attachment => attachment.Http is null);
        Filters.Replace(attachments.Where(attachment => attachment.Http is not null).Select(Compile).OfType<FilteredAttachment>());
        Serving before = _serving;
        bool goesOn = attachments.Count > 0 && before.Whole?.Uid == whole?.Uid;
        if (goesOn)
        {
            _serving = before with { Whole = whole };
            return;
        }

        _serving = new Serving(whole, new CancellationTokenSource());
        before.EndAfter(DrainTime, timeProvider);
    }

    public void Dispose() => _serving.Ends.Cancel();

    private static FilteredAttachment? Compile(AgentAttachment attachment) =>
        HttpFilter.TryCompile(attachment.Http, out HttpFilter filter, out _)
            ? new FilteredAttachment(attachment.Attachment, filter, attachment.WhenUnavailable, attachment.ForwardSourceAddress)
            : null; // The manager has refused it already.

    /// <param name="Whole">The attachment that takes every connection; null: the filters decide.</param>
    /// <param name="Ends">Canceled when connections of this time are to be reset.</param>
    internal sealed record Serving(AgentAttachment? Whole, CancellationTokenSource Ends)
    {
        public void EndAfter(TimeSpan time, TimeProvider timeProvider)
        {
            // Not disposed: connections that end later still look at it, and a canceled source holds nothing.
            timeProvider.CreateTimer(static ends => ((CancellationTokenSource)ends!).Cancel(), Ends, time, Timeout.InfiniteTimeSpan);
        }
    }
}
