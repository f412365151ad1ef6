using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Links;

/// <summary>
/// One handshake of a key with itself, in memory: what TLS loads and compiles the first time, a tenth of a second's worth, is
/// there when somebody waits for it.
/// </summary>
public static class TlsRehearsal
{
    public static async Task RunAsync(X509Certificate2 key, CancellationToken cancellationToken)
    {
        var there = new Pipe();
        var back = new Pipe();
        Task<System.Net.Security.SslStream> serving = PinnedTls.ServerAsync(
            new Duplex(there.Reader.AsStream(), back.Writer.AsStream()), key, cancellationToken);
        await using Stream client = await PinnedTls.ClientAsync(
            new Duplex(back.Reader.AsStream(), there.Writer.AsStream()), key, PinnedTls.FingerprintOf(key), cancellationToken);
        await using Stream server = await serving;
    }

    private sealed class Duplex(Stream reader, Stream writer) : AsynchronousStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            reader.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            writer.WriteAsync(buffer, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                reader.Dispose();
                writer.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
