using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Networking.Dns.SystemSettings;

namespace Landline.Daemon.NetHelper;

/// <summary>Inside the net helper: reads the daemon's commands one after the other and answers each.</summary>
internal sealed class HelperService
{
    // A daemon that does not read its log must not keep the helper from putting things back.
    private static readonly TimeSpan WritePatience = TimeSpan.FromSeconds(1);
    private readonly HelperChannel _channel;
    private readonly WorkstationNetwork _network;

    public HelperService(HelperChannel channel, ResolverPaths paths)
    {
        _channel = channel;
        _network = new WorkstationNetwork(paths, LogAsync, NotifyAsync);
    }

    /// <summary>Returns when the daemon has closed, has sent nonsense, or the helper shall end. Does not throw for these.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (await _channel.ReadAsync(HelperJson.Default.HelperRequest, stop) is { } request)
            {
                foreach (SafeHandle unexpected in _channel.TakeDescriptors())
                {
                    unexpected.Dispose();
                }

                await AnswerAsync(request, stop);
            }
        }
        catch (InvalidDataException e)
        {
            await LogAsync($"The daemon sent nonsense: {e.Message}");
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            await LogAsync($"The daemon is gone: {e.Message}");
        }
    }

    /// <inheritdoc cref="WorkstationNetwork.PutBackAsync"/>
    public Task<bool> PutBackAsync() => _network.PutBackAsync();

    private async Task AnswerAsync(HelperRequest request, CancellationToken stop)
    {
        var message = new HelperMessage { Id = request.Id };
        IReadOnlyList<SafeHandle> descriptors = [];
        try
        {
            switch (request)
            {
                case { Command: HelperRequest.SetUpCommand, SetUp: { } setUp }:
                    (SetUpResult result, descriptors) = await _network.SetUpAsync(RequestCheck.SetUp(setUp), stop);
                    message = message with { SetUp = result };
                    break;
                case { Command: HelperRequest.UpdateCommand, Update: { } update }:
                    await _network.UpdateAsync(RequestCheck.Routes(update.Routes), update.Dns, stop);
                    break;
                case { Command: HelperRequest.TearDownCommand }:
                    if (!await _network.PutBackAsync())
                    {
                        throw HelperFailureException.Of(HelperFailureCodes.Resolver, "not everything is put back yet");
                    }

                    break;
                default:
                    throw HelperFailureException.Invalid("the command is not known");
            }
        }
        catch (HelperFailureException e)
        {
            message = message with { Failure = e.Failure };
        }

        await AnswerAsync(message, descriptors, stop);
    }

    // The helper keeps no descriptor: when the daemon's go, the kernel removes device and routes without being asked.
    private async Task AnswerAsync(HelperMessage message, IReadOnlyList<SafeHandle> descriptors, CancellationToken stop)
    {
        try
        {
            await _channel.WriteAsync(message, HelperJson.Default.HelperMessage, descriptors, stop);
        }
        finally
        {
            foreach (SafeHandle descriptor in descriptors)
            {
                descriptor.Dispose();
            }
        }
    }

    private Task NotifyAsync(ResolverNotice notice) =>
        TellAsync(new HelperMessage { Log = notice.Line, ResolverInForce = notice.IsInForce, ResolverFailure = notice.WriteFailure });

    private Task LogAsync(string line) => TellAsync(new HelperMessage { Log = line });

    private async Task TellAsync(HelperMessage message)
    {
        using var patience = new CancellationTokenSource(WritePatience, TimeProvider.System);
        try
        {
            await _channel.WriteAsync(message, HelperJson.Default.HelperMessage, [], patience.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The log is the daemon's; without it there is nobody to write for.
            return;
        }
    }
}
