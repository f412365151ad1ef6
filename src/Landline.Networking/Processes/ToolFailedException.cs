namespace Landline.Networking.Processes;

/// <summary>A program of the system is missing or failed; the message is a clause for the user's sentence.</summary>
public sealed class ToolFailedException(string message) : Exception(message);
