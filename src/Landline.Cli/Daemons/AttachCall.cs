using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>Carries an <see cref="AttachRequest"/> through, until the attachment is active.</summary>
internal sealed class AttachCall(ConnectionDirectory directory)
{
    public event Action<string>? Progress;

    /// <exception cref="UserErrorException">It did not work, and nothing is left of it.</exception>
    public async Task<AttachedEvent> RunAsync(AttachRequest request, CancellationToken cancellationToken)
    {
        using var client = new DaemonClient(directory);
        await foreach (AttachEvent line in client.AttachAsync(request, cancellationToken))
        {
            switch (line)
            {
                case AttachProgressEvent progress:
                    Progress?.Invoke(progress.Message);
                    break;
                case AttachedEvent attached:
                    return attached;
                case AttachFailedEvent failed:
                    throw new UserErrorException(failed.Code, failed.Message, failed.Hint);
            }
        }

        throw CliErrors.DaemonGone(directory.ConnectionName);
    }
}
