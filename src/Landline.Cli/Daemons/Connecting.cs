using Landline.Cli.Launching;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>
/// Carries a <see cref="ConnectRequest"/> through: daemon, helper, connected. A request that holds its connection does so
/// as long as this lives: the daemon disconnects when the call's connection is gone.
/// </summary>
internal sealed class Connecting(DaemonLauncher daemons, RootProgram root) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private DaemonClient? _client;
    private IAsyncEnumerator<ConnectEvent>? _lines;

    public event Action<string>? Progress;

    /// <summary>What the kubeconfig's login says to the user, as it is to be shown.</summary>
    public event Action<string>? LoginSays;

    /// <exception cref="UserErrorException">It did not work, and nothing is left of it.</exception>
    public async Task<ConnectedEvent> RunAsync(
        ConnectionDirectory directory, ConnectRequest request, CancellationToken cancellationToken)
    {
        Task running = daemons.EnsureRunningAsync(directory, cancellationToken);
        await using CancellationTokenRegistration breaking = cancellationToken.UnsafeRegister(
            static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        _client = new DaemonClient(directory, running);
        IAsyncEnumerator<ConnectEvent> lines = _client.ConnectAsync(request, _stop.Token).GetAsyncEnumerator(CancellationToken.None);
        _lines = lines;

        // The request is made while the daemon starts. Without a daemon it fails as well, but the daemon's failure says why.
        Task<bool> next = lines.MoveNextAsync().AsTask();
        try
        {
            await running;
        }
        catch
        {
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        for (; await next; next = lines.MoveNextAsync().AsTask())
        {
            switch (lines.Current)
            {
                case ProgressEvent progress:
                    Progress?.Invoke(progress.Message);
                    break;
                case LoginEvent login:
                    LoginSays?.Invoke(login.Text);
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

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_lines is not null)
        {
            await _lines.DisposeAsync();
        }

        _client?.Dispose();
        _stop.Dispose();
    }
}
