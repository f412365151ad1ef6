namespace Landline.Cluster.Agent.Files;

/// <summary>The workstation sent what SFTP version 3 does not allow: the file session ends, the agent does not.</summary>
internal sealed class SftpProtocolException(string message) : Exception(message);
