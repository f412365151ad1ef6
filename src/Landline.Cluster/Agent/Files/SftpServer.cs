using System.Buffers.Binary;
using Landline.Networking.Files;

namespace Landline.Cluster.Agent.Files;

/// <summary>
/// Serves one container's files over SFTP version 3 (draft-ietf-secsh-filexfer-02), as sshfs speaks it. Packets are
/// answered in order by one thread of its own, which carries the identity of the container's process: what that
/// process may not touch, the workstation may not either.
/// </summary>
/// <param name="root">The container's root. Owned by the caller.</param>
/// <param name="readOnly">Whether every change is refused, as for ingest and wiretap.</param>
internal sealed class SftpServer(ContainerRoot root, FileIdentity identity, bool readOnly)
{
    /// <summary>Serves until the workstation ends the stream.</summary>
    /// <exception cref="SftpProtocolException">The workstation sent something that is not SFTP.</exception>
    public async Task RunAsync(Stream workstation, CancellationToken cancellationToken)
    {
        var session = new SftpSession(root, readOnly);
        using var thread = new FileThread(identity, session);
        byte[] buffer = new byte[64 * 1024];
        byte[] lengthField = new byte[sizeof(uint)];
        while (await ReadOrEndAsync(workstation, lengthField, cancellationToken))
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(lengthField);
            if (length is 0 or > SftpLimits.LargestPacketBytes)
            {
                throw new SftpProtocolException($"A packet of {length} bytes is outside of 1 to {SftpLimits.LargestPacketBytes}.");
            }

            if (length > buffer.Length)
            {
                buffer = new byte[SftpLimits.LargestPacketBytes];
            }

            await workstation.ReadExactlyAsync(buffer.AsMemory(0, (int)length), cancellationToken);

            // The session's buffer is this packet's answer until the next one is handled.
            ReadOnlyMemory<byte> answer = await thread.RunAsync(() => session.Answer(buffer.AsSpan(0, (int)length)), cancellationToken);
            await workstation.WriteAsync(answer, cancellationToken);
        }
    }

    private static async ValueTask<bool> ReadOrEndAsync(Stream stream, byte[] field, CancellationToken cancellationToken)
    {
        int read = await stream.ReadAtLeastAsync(field, field.Length, throwOnEndOfStream: false, cancellationToken);
        return read switch
        {
            0 => false,
            sizeof(uint) => true,
            _ => throw new SftpProtocolException("The stream ended inside a packet's length."),
        };
    }
}
