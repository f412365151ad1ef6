using System.Globalization;
using System.Text;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;

namespace Landline.Kubernetes.Streaming;

/// <summary>Reads what a container has written.</summary>
internal static class PodLog
{
    // Some thousand lines; more is for a log store, not for a support bundle.
    private const int LongestText = 8 * 1024 * 1024;

    public static ApiRequest Request(string namespaceName, string pod, string? container, int tailLines) =>
        new(HttpMethod.Get, $"{ResourceTypes.Pods.ObjectPath(namespaceName, pod)}/log")
        {
            Accept = "*/*",
            Query =
            [
                ("container", container),
                ("tailLines", tailLines.ToString(CultureInfo.InvariantCulture)),
                ("limitBytes", LongestText.ToString(CultureInfo.InvariantCulture)),
            ],
        };

    /// <summary>
    /// The text up to the limit: the API server cuts logs there, but not everything else that is read so.
    /// </summary>
    public static async Task<string> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        using var text = new MemoryStream();
        byte[] buffer = new byte[32 * 1024];
        while (text.Length < LongestText && await body.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            await text.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }
}
