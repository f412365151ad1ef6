using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Control;

/// <summary>
/// The attachments whose workstation answers, as the manager said last. What it has said is good for
/// <see cref="LiveMessage.SilenceAllowed"/> and not a moment longer. Thread-safe.
/// </summary>
internal sealed class LiveAttachments(TimeProvider timeProvider)
{
    private volatile Heard _heard = new(new HashSet<string>(), 0);

    /// <summary>The set has changed. Raised on the control stream's reader: must not block.</summary>
    public event Action? Changed;

    /// <summary>Whether the manager itself was heard of in time.</summary>
    public bool IsManagerLive
    {
        get
        {
            Heard heard = _heard;
            return heard.At != 0 && timeProvider.GetElapsedTime(heard.At) < LiveMessage.SilenceAllowed;
        }
    }

    public bool Contains(string attachment) => _heard.Attachments.Contains(attachment) && IsManagerLive;

    public void Hear(LiveMessage message)
    {
        Heard before = _heard;
        _heard = new Heard(message.Attachments.ToHashSet(StringComparer.Ordinal), timeProvider.GetTimestamp());
        if (!_heard.Attachments.SetEquals(before.Attachments))
        {
            Changed?.Invoke();
        }
    }

    /// <summary>The link to the manager is gone.</summary>
    public void Forget()
    {
        _heard = new Heard(new HashSet<string>(), 0);
        Changed?.Invoke();
    }

    private sealed record Heard(HashSet<string> Attachments, long At);
}
