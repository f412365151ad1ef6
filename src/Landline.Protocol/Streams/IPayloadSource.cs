namespace Landline.Protocol.Streams;

/// <summary>Writes a frame's payload where it will be sent from. Called with the session's gate held: never blocks, never calls out.</summary>
internal interface IPayloadSource
{
    /// <summary>How many bytes were written; zero = the end of the data; less = nothing now.</summary>
    int Fill(Span<byte> destination);
}

/// <summary>Bytes that somebody has in memory.</summary>
internal readonly ref struct MemorySource(ReadOnlySpan<byte> bytes) : IPayloadSource
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Fill(Span<byte> destination)
    {
        int length = Math.Min(destination.Length, _bytes.Length);
        _bytes[..length].CopyTo(destination);
        return length;
    }
}
