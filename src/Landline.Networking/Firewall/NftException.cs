namespace Landline.Networking.Firewall;

/// <summary><c>nft</c> refused a command (the message is its complaint), or has ended.</summary>
public sealed class NftException(string message) : Exception(message);
