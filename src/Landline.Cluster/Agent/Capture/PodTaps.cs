using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent.Capture;

/// <summary>The wiretaps of one pod: copies of its traffic for attachments that want nothing else.</summary>
internal sealed class PodTaps(AgentPod pod, NetworkNamespace network, PodParts parts, ILogger logger) : IAsyncDisposable
{
    public Task ApplyAsync(IReadOnlyList<AgentAttachment> wanted)
    {
        _ = (pod, network, parts, logger, wanted);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
