using Landline.Cli.Launching;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>Carries a <see cref="ConnectRequest"/> through: daemon, helper, connected.</summary>
internal sealed class Connecting(DaemonLauncher daemons, RootProgram root)
{
    public event Action<string>? Progress;

    /// <exception cref="UserErrorException">It did not work, and nothing is left of it.</exception>
    public async Task<ConnectedEvent> RunAsync(
        ConnectionDirectory directory, ConnectRequest request, CancellationToken cancellationToken)
    {
        await daemons.EnsureRunningAsync(directory, cancellationToken);
        using var client = new DaemonClient(directory);
        await foreach (ConnectEvent line in client.ConnectAsync(request, cancellationToken))
        {
            switch (line)
            {
                case ProgressEvent progress:
                    Progress?.Invoke(progress.Message);
                    break;
                case HelperNeededEvent needed:
                    await root.StartAsync(["net-helper", "--socket", needed.Socket], directory, cancellationToken);
                    break;
                case ConnectedEvent connected:
                    return connected;
                case FailedEvent failed:
                    throw new UserErrorException(failed.Code, failed.Message, failed.Hint);
            }
        }

        throw CliErrors.DaemonGone(directory.ConnectionName);
    }
}
