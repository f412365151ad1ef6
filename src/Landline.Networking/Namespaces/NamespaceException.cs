namespace Landline.Networking.Namespaces;

/// <summary>A namespace cannot be opened or entered, or refused to make a socket.</summary>
public sealed class NamespaceException(string message, int errorNumber) : IOException(message)
{
    /// <summary>errno, as in errno(3).</summary>
    public int ErrorNumber { get; } = errorNumber;
}
