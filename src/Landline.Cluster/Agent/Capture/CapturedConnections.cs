using System.Net;
using System.Net.Sockets;
using Landline.Cluster.Agent.Http;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Landline.Protocol.Relays;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// Decides where each captured TCP connection of a pod goes, and carries it there: probes and the container's own to the
/// original, the rest to the workstation, and back to the original when that does not answer.
/// </summary>
/// <param name="ownPort">The agent's in the pod, which is nobody's to dial.</param>
internal sealed class CapturedConnections(
    NetworkNamespace network, PodInsiders insiders, PodParts parts, int ownPort, Func<int, CapturedPort?> findPort)
{
    private readonly OriginalDial _original = new(network);

    /// <summary>Takes the connection over. Never fails because of a peer.</summary>
    public async Task ServeAsync(Socket accepted, CancellationToken agentStops)
    {
        using Socket caller = accepted;
        if (caller is not { LocalEndPoint: IPEndPoint destination, RemoteEndPoint: IPEndPoint source } || destination.Port == ownPort)
        {
            Reset(caller);
            return;
        }

        CapturedPort? port = findPort(destination.Port);
        CapturedPort.Serving? serving = port?.Now;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(agentStops, serving?.Ends.Token ?? CancellationToken.None);
        try
        {
            FirstWords? words = await AskWhoAsync(caller, source, destination, ends.Token);
            if (words == FirstWords.None)
            {
                return;
            }

            if (port is null || words == FirstWords.Probe)
            {
                await RelayToOriginalAsync(caller, destination, ends.Token);
            }
            else if (serving!.Whole is { } whole)
            {
                await ServeWholeAsync(caller, source, destination, whole, ends.Token);
            }
            else
            {
                await HttpRouter.ServeAsync(caller, Targets(port, source, destination, ends.Token), ends.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            Reset(caller);
        }
    }

    /// <summary>Null: a caller like any other. Only whoever could be a probe is asked, so that others lose no time.</summary>
    private async Task<FirstWords?> AskWhoAsync(Socket caller, IPEndPoint source, IPEndPoint destination, CancellationToken cancellationToken)
    {
        if (insiders.MayProbe(source.Address))
        {
            return await FirstWordsReader.ReadAsync(caller, insiders.Probes, parts.TimeProvider, cancellationToken);
        }

        return await insiders.IsOwnAsync(PortProtocol.Tcp, source, destination, cancellationToken) ? FirstWords.Probe : null;
    }

    private async Task ServeWholeAsync(
        Socket caller, IPEndPoint source, IPEndPoint destination, AgentAttachment attachment, CancellationToken cancellationToken)
    {
        InboundOpen open = OpenFor(attachment.Attachment, source, destination.Port, http: false);
        SessionStream? stream = parts.Live.Contains(attachment.Attachment)
            ? await parts.Workstations.TryOpenAsync(open, cancellationToken)
            : null;
        if (stream is not null)
        {
            await SocketRelay.RunAsync(caller, stream, cancellationToken);
        }
        else if (attachment.WhenUnavailable == WhenUnavailable.Fallback)
        {
            await RelayToOriginalAsync(caller, destination, cancellationToken);
        }
        else
        {
            Reset(caller);
        }
    }

    private async Task RelayToOriginalAsync(Socket caller, IPEndPoint destination, CancellationToken cancellationToken)
    {
        using Socket original = await _original.ConnectAsync(destination, cancellationToken);
        await SocketPair.RelayAsync(caller, original, cancellationToken);
    }

    private RouterTargets Targets(CapturedPort port, IPEndPoint source, IPEndPoint destination, CancellationToken ends) => new()
    {
        Filters = port.Filters,
        DialOriginal = async cancellationToken =>
            new NetworkStream(await _original.ConnectAsync(destination, cancellationToken), ownsSocket: true),
        DialWorkstation = (attachment, cancellationToken) => DialWorkstationAsync(port, attachment, source, destination.Port, cancellationToken),
        OnUnreadable = port.Unreadable.Note,
        SourceAddress = source.Address,
        Time = parts.TimeProvider,
    };

    private async ValueTask<Stream> DialWorkstationAsync(
        CapturedPort port, string attachment, IPEndPoint source, int number, CancellationToken cancellationToken)
    {
        SessionStream stream = (parts.Live.Contains(attachment)
            ? await parts.Workstations.TryOpenAsync(OpenFor(attachment, source, number, http: true), cancellationToken)
            : null) ?? throw new IOException("The workstation does not answer.");

        // Detaching takes back what the router still uses.
        CancellationTokenRegistration revoked = port.EndOf(attachment).UnsafeRegister(
            static stream => ((SessionStream)stream!).Reset(new(StreamEndCode.Canceled, "The attachment has ended.")), stream);
        _ = stream.Completion.ContinueWith(
            _ => revoked.Unregister(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return new WorkstationStream(stream);
    }

    private static InboundOpen OpenFor(string attachment, IPEndPoint source, int port, bool http) => new()
    {
        Attachment = attachment,
        Port = port,
        SourceAddress = source.Address.ToString(),
        SourcePort = source.Port,
        Http = http,
    };

    private static void Reset(Socket caller)
    {
        try
        {
            caller.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }
    }
}
