using Landline.Daemon.Api;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>Notices that a connection is over while somebody still needs it: ended by another command, or lost.</summary>
internal sealed class ConnectionEnd(ConnectionDirectory directory, TimeProvider time)
{
    /// <summary>A question costs the daemon some 50 us.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>One that is stopped has not ended.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(5);

    /// <returns>Why, as a clause for people.</returns>
    /// <exception cref="OperationCanceledException">Nobody needs it any more.</exception>
    public async Task<string> WaitAsync(CancellationToken cancellationToken)
    {
        using var client = new DaemonClient(directory);
        while (true)
        {
            await Task.Delay(Interval, time, cancellationToken);
            if (await ReasonAsync(client, cancellationToken) is { } reason)
            {
                return reason;
            }
        }
    }

    private async Task<string?> ReasonAsync(DaemonClient client, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(LongestAnswer, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return (await client.StatusAsync(either.Token)).Connection switch
            {
                { Status: ConnectionState.Failed } lost => lost.Reason ?? "it was lost",
                null or { Status: ConnectionState.Disconnecting } => "it was ended by another command",
                _ => null,
            };
        }
        catch (UserErrorException)
        {
            return "its daemon has ended";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
