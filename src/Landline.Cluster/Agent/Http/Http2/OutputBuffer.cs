using System.Buffers;

namespace Landline.Cluster.Agent.Http.Http2;

/// <summary>
/// Frames waiting to be written to one connection, in a pooled array that grows while the connection does not take
/// them; its owner bounds what is put in. <see cref="Take"/> hands everything over for one write.
/// </summary>
internal sealed class OutputBuffer : IBufferWriter<byte>
{
    private const int Smallest = 4 * 1024;

    private byte[] _bytes = [];

    public int Length { get; private set; }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsSpan(Length);
    }

    /// <summary>The array is the caller's, who returns it to the pool.</summary>
    public ArraySegment<byte> Take()
    {
        var taken = new ArraySegment<byte>(_bytes, 0, Length);
        _bytes = [];
        Length = 0;
        return taken;
    }

    private void Grow(int count)
    {
        int needed = Length + Math.Max(count, 1);
        if (_bytes.Length >= needed)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(_bytes.Length * 2, needed), Smallest));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }
}
