namespace Landline.Cluster.Agent.Http.Filters;

/// <summary>Where one header line's name and value lie in the bytes of its head or header block.</summary>
internal readonly record struct FieldLine(int NameStart, int NameLength, int ValueStart, int ValueLength)
{
    public ReadOnlySpan<byte> Name(ReadOnlySpan<byte> block) => block.Slice(NameStart, NameLength);

    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> block) => block.Slice(ValueStart, ValueLength);
}
