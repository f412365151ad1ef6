namespace Landline.Daemon.Dns;

/// <summary>Whole DNS messages to and from the cluster's resolver: the session's Dns stream, or the tests' stand-in.</summary>
internal interface IDnsExchange
{
    /// <summary>False: dropped for want of room.</summary>
    bool TrySend(ReadOnlySpan<byte> message);

    /// <summary>Bytes of the next message, or -1 when the exchange has ended.</summary>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Ends it for both sides.</summary>
    void Close();
}
