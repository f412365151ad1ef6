namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>The head of an HTTP/1 response: <c>HTTP/1.x SP status SP reason CRLF</c> and fields.</summary>
internal sealed class ResponseHead : MessageHead
{
    private static ReadOnlySpan<byte> Version => "HTTP/1."u8;

    public int Status { get; private set; }

    protected override int MostEmptyLines => 0;

    protected override bool ParseStartLine(ReadOnlySpan<byte> line, int offset)
    {
        // The reason may be missing, and some servers leave out the space before it as well.
        if (line.Length < 12 || !line.StartsWith(Version) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != (byte)' '
            || line[9..12].ContainsAnyExceptInRange((byte)'0', (byte)'9') || (line.Length > 12 && line[12] != (byte)' '))
        {
            return false;
        }

        IsVersion11 = line[7] == (byte)'1';
        Status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + line[11] - '0';
        return Status >= 100;
    }

    protected override bool CouldBecomeStartLine(ReadOnlySpan<byte> beginning) =>
        beginning.Length < Version.Length ? Version.StartsWith(beginning) : beginning.StartsWith(Version);
}
