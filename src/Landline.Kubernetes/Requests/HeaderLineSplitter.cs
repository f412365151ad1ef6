using System.Text;

namespace Landline.Kubernetes.Requests;

/// <summary>
/// Gives each value of the impersonation headers a line of its own. .NET joins the values of a header to one line, and
/// an API server takes "g1, g2" for the name of a single group. Sits between the HTTP/1.1 connection and TLS; reads
/// pass through.
/// </summary>
internal sealed class HeaderLineSplitter(Stream connection) : Stream
{
    /// <summary>
    /// Stands between the values in what the HTTP connection writes; no name of a group or scope has it.
    /// </summary>
    public const string Separator = "\t|landline-next|\t";

    private const string Prefix = "Impersonate-";

    private static readonly byte[] SeparatorBytes = Encoding.ASCII.GetBytes(Separator);

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// These headers are the first of each request, so they are whole in one write: the connection's buffer has 4 KiB.
    /// </summary>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Span.IndexOf(SeparatorBytes) < 0)
        {
            await connection.WriteAsync(buffer, cancellationToken);
            return;
        }

        // Latin-1 keeps every byte as it is.
        string[] lines = Encoding.Latin1.GetString(buffer.Span).Split("\r\n");
        IEnumerable<string> split = lines.SelectMany(
            line => line.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? Split(line) : [line]);
        await connection.WriteAsync(Encoding.Latin1.GetBytes(string.Join("\r\n", split)), cancellationToken);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => connection.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Only asynchronously.");

    public override void Flush() => connection.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            connection.Dispose();
        }

        base.Dispose(disposing);
    }

    private static IEnumerable<string> Split(string line)
    {
        int colon = line.IndexOf(": ", StringComparison.Ordinal);
        return line[(colon + 2)..].Split(Separator).Select(value => $"{line[..colon]}: {value}");
    }
}
