using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent.Wiretap;

/// <summary>What a wiretap reports. What becomes of single copies concerns the developer alone.</summary>
internal static partial class WiretapLog
{
    [LoggerMessage(5400, LogLevel.Warning, "The wiretap of attachment {Attachment} hears nothing of pod {Namespace}/{Pod} any more: {Reason}")]
    public static partial void Deaf(ILogger logger, string attachment, string @namespace, string pod, SocketError reason);

    [LoggerMessage(5401, LogLevel.Debug, "The wiretap of attachment {Attachment} rests at pod {Namespace}/{Pod}: the node has no processor time to spare")]
    public static partial void Rests(ILogger logger, string attachment, string @namespace, string pod);
}
