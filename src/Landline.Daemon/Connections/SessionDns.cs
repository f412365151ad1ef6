using Landline.Daemon.Dns;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Daemon.Connections;

/// <summary>The session's Dns stream: each datagram is a whole message.</summary>
internal sealed class SessionDns(SessionStream stream) : IDnsExchange
{
    private static readonly StreamEnd Closed = new(StreamEndCode.Canceled, "The daemon closed its DNS stream.");

    public static async ValueTask<IDnsExchange> OpenAsync(SessionClient sessions, CancellationToken cancellationToken) =>
        new SessionDns(await sessions.Current.OpenAsync(StreamKind.Dns, ReadOnlyMemory<byte>.Empty, cancellationToken));

    public bool TrySend(ReadOnlySpan<byte> message) => stream.TrySendDatagram(message);

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        stream.ReceiveDatagramAsync(buffer, cancellationToken);

    public void Close() => stream.Reset(Closed);
}
