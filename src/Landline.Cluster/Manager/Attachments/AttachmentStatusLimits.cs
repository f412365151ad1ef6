using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>
/// The lengths that the Attachment's schema allows (deploy/manifests/21-attachments.yaml). Others have a say in the texts, such as
/// a policy with the list of its broken rules, and one that is too long would make the API server turn down the whole status.
/// </summary>
internal static class AttachmentStatusLimits
{
    public const int LongestMessage = 4096;

    public const int LongestPodMessage = 1024;

    /// <summary>The status with what is too long cut off; the same one when nothing is.</summary>
    public static AttachmentStatus Fitted(this AttachmentStatus status)
    {
        bool fits = (status.Message?.Length ?? 0) <= LongestMessage && status.Pods.All(pod => (pod.Message?.Length ?? 0) <= LongestPodMessage);
        return fits
            ? status
            : status with
            {
                Message = Cut(status.Message, LongestMessage),
                Pods = [.. status.Pods.Select(pod => pod with { Message = Cut(pod.Message, LongestPodMessage) })],
            };
    }

    private static string? Cut(string? text, int longest)
    {
        if (text is null || text.Length <= longest)
        {
            return text;
        }

        int end = longest - 1;
        return text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)] + "…";
    }
}
