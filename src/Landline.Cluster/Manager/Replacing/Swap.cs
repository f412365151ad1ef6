using Landline.Cluster.Manager.Attachments;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>What came of looking at a workload that is to be changed.</summary>
internal abstract record Swap
{
    private Swap()
    {
    }

    /// <summary>Its template has the placeholder.</summary>
    /// <param name="Mark">Of the pods that come from it.</param>
    /// <param name="Count">How often it had to be changed for this attachment.</param>
    public sealed record Done(string Mark, int Count) : Swap;

    /// <summary>It is changed for another attachment, which stands.</summary>
    public sealed record Taken(AttachmentObject Holder) : Swap;

    /// <summary>It cannot be, for good.</summary>
    public sealed record Refused(string Reason, string Message) : Swap;

    /// <summary>Not now; it is tried again.</summary>
    /// <param name="Why">One sentence.</param>
    public sealed record NotYet(string Why) : Swap;
}
