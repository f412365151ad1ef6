using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>
/// Carries an <see cref="AttachRequest"/> through until the attachment is active, and for a request that holds it, as
/// long as this lives: the daemon detaches when the call's connection is gone.
/// </summary>
internal sealed class AttachCall : IAsyncDisposable
{
    private readonly ConnectionDirectory _directory;
    private readonly AttachRequest _request;
    private readonly DaemonClient _client;
    private readonly CancellationTokenSource _stop = new();
    private readonly IAsyncEnumerator<AttachEvent> _lines;
    private Task _following = Task.CompletedTask;

    public AttachCall(ConnectionDirectory directory, AttachRequest request)
    {
        (_directory, _request) = (directory, request);
        _client = new DaemonClient(directory);
        _lines = _client.AttachAsync(request, _stop.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    public event Action<string>? Progress;

    /// <summary>Raised when a held attachment ends while somebody still needs it.</summary>
    public event Action<AttachmentEndedEvent>? Ended;

    /// <exception cref="UserErrorException">It did not work, and nothing is left of it.</exception>
    public async Task<AttachedEvent> StartAsync(CancellationToken cancellationToken)
    {
        await using CancellationTokenRegistration breaking = cancellationToken.UnsafeRegister(
            static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        while (await _lines.MoveNextAsync())
        {
            switch (_lines.Current)
            {
                case AttachProgressEvent progress:
                    Progress?.Invoke(progress.Message);
                    break;
                case AttachedEvent attached:
                    if (_request.Hold)
                    {
                        _following = FollowAsync();
                    }

                    return attached;
                case AttachFailedEvent failed:
                    throw new UserErrorException(failed.Code, failed.Message, failed.Hint);
            }
        }

        throw CliErrors.DaemonGone(_directory.ConnectionName);
    }

    /// <summary>The container's environment.</summary>
    public Task<WorkloadEnvironment> ReadEnvironmentAsync(CancellationToken cancellationToken) =>
        _client.EnvironmentAsync(_request.Name, cancellationToken);

    /// <summary>Returns when the original has its traffic back; whoever was told already that it ended is not told again.</summary>
    public async Task DetachAsync()
    {
        Ended = null;
        try
        {
            await _client.DetachAsync(_request.Name, CancellationToken.None);
        }
        catch (UserErrorException)
        {
            // Detached already, or the daemon is gone and the attachment with it: said when it happened.
            return;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Ended = null;
        await _stop.CancelAsync();
        await _following;
        await _lines.DisposeAsync();
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        try
        {
            AttachmentEndedEvent end = await _lines.MoveNextAsync() && _lines.Current is AttachmentEndedEvent ended
                ? ended
                : new AttachmentEndedEvent("the daemon has ended", IsMeant: false);
            Ended?.Invoke(end); // Asked for only now: meanwhile nobody may need it any more.
        }
        catch (UserErrorException e)
        {
            Ended?.Invoke(new AttachmentEndedEvent(e.Message, IsMeant: false));
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }
}
