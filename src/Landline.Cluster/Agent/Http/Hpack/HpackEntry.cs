namespace Landline.Cluster.Agent.Http.Hpack;

/// <summary>A field of the static or of a dynamic table.</summary>
/// <param name="StaticName">Number of a static entry with this name; 0 when there is none.</param>
internal sealed record HpackEntry(byte[] Name, byte[] Value, int StaticName)
{
    /// <summary>What an entry costs beyond its bytes (RFC 7541, 4.1).</summary>
    public const int Overhead = 32;

    public int Size => Name.Length + Value.Length + Overhead;
}
