namespace Landline.Protocol.Streams;

/// <summary>
/// Takes a stream's arriving bytes straight from the link's buffer. While it cannot take them all, the rest waits in
/// the stream's queue and the sink drains that.
/// </summary>
internal interface IStreamSink
{
    /// <summary>Called with the stream's receive lock held and an empty queue: never blocks, never calls out. Returns how many bytes it took.</summary>
    int Take(ReadOnlySpan<byte> bytes);

    /// <summary>Called after each <see cref="Take"/>, with no lock held.</summary>
    void AfterTake();

    /// <summary>There are queued bytes, the end has come, or the stream is over. Called with no lock held.</summary>
    void Wake();
}
