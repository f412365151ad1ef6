namespace Landline.Networking.Dns.SystemSettings;

/// <summary>The resolver's settings could not be changed and are as before; the message is a clause for the user's sentence.</summary>
public sealed class ResolverException(string message, Exception? cause = null) : Exception(message, cause);
