namespace Landline.Daemon.Attachments;

/// <summary>Why an attachment is over.</summary>
/// <param name="Reason">A clause, for people.</param>
/// <param name="IsMeant">The user of this workstation has asked for it.</param>
internal sealed record AttachmentEnd(string Reason, bool IsMeant)
{
    public static AttachmentEnd Detached { get; } = new("it was detached", IsMeant: true);

    public static AttachmentEnd Disconnected { get; } = new("the connection was ended", IsMeant: true);

    public static AttachmentEnd InCluster(string reason) => new(reason, IsMeant: false);
}
