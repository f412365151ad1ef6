using Landline.Cluster.Agent.Wiretap;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent.Capture;

/// <summary>The wiretaps of one pod: copies of its traffic for attachments that want nothing else. One task changes them.</summary>
internal sealed class PodTaps(NetworkNamespace network, PodParts parts, ILogger logger) : IAsyncDisposable
{
    private readonly Dictionary<string, PodWiretap> _taps = new(StringComparer.Ordinal); // By the attachment's uid.

    /// <summary>Starts what is missing, ends what is not wanted any more.</summary>
    /// <exception cref="NamespaceException">The namespace cannot be entered.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The kernel refused.</exception>
    public async Task ApplyAsync(IReadOnlyList<AgentAttachment> wanted)
    {
        foreach ((string uid, PodWiretap tap) in _taps.ToArray())
        {
            if (tap.Completion.IsCompleted || !wanted.Any(attachment => attachment.Uid == uid))
            {
                _taps.Remove(uid);
                await tap.DisposeAsync();
            }
        }

        foreach (AgentAttachment attachment in wanted.Where(attachment => !_taps.ContainsKey(attachment.Uid)))
        {
            _taps[attachment.Uid] = PodWiretap.Start(attachment, network, CaptureRules.Mark, OpenAsync, parts.Spare, parts.TimeProvider, logger);
        }
    }

    /// <summary>The attachment's copies rest, because the node has no processor time to spare.</summary>
    public bool IsResting(AgentAttachment attachment) => _taps.TryGetValue(attachment.Uid, out PodWiretap? tap) && tap.IsResting;

    /// <summary>Connections come of which the attachment's filter sees nothing.</summary>
    public bool MissesRequests(AgentAttachment attachment) => _taps.TryGetValue(attachment.Uid, out PodWiretap? tap) && tap.MissesRequests;

    public async ValueTask DisposeAsync() => await ApplyAsync([]);

    // Without its workstation a copy goes nowhere, and nobody has to be asked for that.
    private async ValueTask<SessionStream?> OpenAsync(InboundOpen open, CancellationToken cancellationToken) =>
        parts.Live.Contains(open.Attachment) ? await parts.Workstations.TryOpenAsync(open, cancellationToken) : null;
}
