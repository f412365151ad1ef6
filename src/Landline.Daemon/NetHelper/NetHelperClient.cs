using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Landline.Networking.Dns.SystemSettings;
using Landline.Networking.FileDescriptors;
using Landline.Networking.Interop;
using Landline.Networking.Processes;
using Landline.Networking.Tun;
using Landline.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.NetHelper;

/// <summary>
/// The daemon's side of the net helper: listens on a Unix socket until one process of root's has connected, then asks
/// it for things. When <see cref="Lost"/> completes the helper is gone, and the daemon must close its TUN device.
/// </summary>
internal sealed class NetHelperClient : IAsyncDisposable
{
    // What the helper does takes some 50 ms; systemd-resolved may take seconds on a loaded machine.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);
    private const uint Root = 0;
    private const int DescriptorsOfSetUp = 3;

    private readonly Socket _listener;
    private readonly string _socketPath;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<HelperChannel> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<Answer>> _waiting = [];
    private Task _serving = Task.CompletedTask;
    private ProcessIdentity? _helper;
    private int _lastId;

    private NetHelperClient(Socket listener, string socketPath, TimeProvider time, ILogger logger) =>
        (_listener, _socketPath, _time, _logger) = (listener, socketPath, time, logger);

    /// <summary>Completes, with the reason, when a connected helper has gone or this object was disposed.</summary>
    public Task<string> Lost => _lost.Task;

    /// <summary>
    /// Raised when somebody else has written in the place of the resolver's settings: they are in force again, or are
    /// not, because they are overwritten again and again or cannot be written. One after the other.
    /// </summary>
    public event Action<ResolverNotice>? ResolverChanged;

    /// <param name="socketPath">Made with mode 0600, in a directory that only its owner may enter; removed on disposal.</param>
    public static NetHelperClient Listen(string socketPath, TimeProvider time, ILogger logger)
    {
        File.Delete(socketPath);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(socketPath));
            File.SetUnixFileMode(socketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(backlog: 4);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        var client = new NetHelperClient(listener, socketPath, time, logger);
        client._serving = Task.Run(() => client.ServeAsync(client._stop.Token));
        return client;
    }

    /// <summary>Waits until the helper has connected.</summary>
    /// <exception cref="UserErrorException">It did not within <paramref name="timeout"/>.</exception>
    public async Task WaitForHelperAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await _connected.Task.WaitAsync(timeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw NetHelperErrors.NotStarted(timeout);
        }
    }

    /// <summary>Makes device, routes, DNS sockets and resolver settings, or nothing at all.</summary>
    /// <exception cref="UserErrorException">The helper is not there or refused, and why.</exception>
    public async Task<NetworkHandover> SetUpAsync(NetworkSetup setup, CancellationToken cancellationToken)
    {
        var record = new SetUpRecord
        {
            Connection = setup.Connection,
            DevicePrefix = setup.DevicePrefix,
            Addresses = [.. setup.Addresses.Select(address => $"{address.Address}/{address.PrefixLength}")],
            Mtu = setup.Mtu,
            TransmitQueueLength = setup.TransmitQueueLength,
            Routes = Record(setup.Routes),
            Dns = Record(setup.Dns),
        };
        Answer answer = await AskAsync(
            new HelperRequest { Id = NextId(), Command = HelperRequest.SetUpCommand, SetUp = record }, setup.Routes, cancellationToken);
        if (answer.Message.SetUp is not { } result || answer.Descriptors.Count != DescriptorsOfSetUp)
        {
            answer.Dispose();
            throw NetHelperErrors.Lost("its answer was incomplete");
        }

        var kind = result.ResolvesByDevice ? ResolverKind.SystemdResolved : ResolverKind.ResolvConf;
        NetHelperLog.DeviceUp(_logger, result.Device, setup.Routes.Subnets.Count, kind.ToString());
        return new NetworkHandover(
            result.Device,
            TunDevice.Wrap(answer.Descriptors[0], result.HasVnetHeaders),
            Wrap(answer.Descriptors[1]),
            Wrap(answer.Descriptors[2]),
            new IPEndPoint(setup.Dns.ListenAddress, 53),
            kind,
            result.HasIPv6);
    }

    /// <summary>Replaces routes and DNS settings. After a failure those from before are in force.</summary>
    /// <exception cref="UserErrorException">The helper is gone or refused, and why.</exception>
    public async Task UpdateAsync(RouteSettings routes, DnsSettings dns, CancellationToken cancellationToken)
    {
        var record = new UpdateRecord { Routes = Record(routes), Dns = Record(dns) };
        using Answer answer = await AskAsync(
            new HelperRequest { Id = NextId(), Command = HelperRequest.UpdateCommand, Update = record }, routes, cancellationToken);
    }

    /// <summary>Puts everything back; the helper then ends.</summary>
    /// <exception cref="UserErrorException">The helper is gone (it then has put everything back by itself) or failed.</exception>
    public async Task TearDownAsync(CancellationToken cancellationToken)
    {
        using Answer answer = await AskAsync(
            new HelperRequest { Id = NextId(), Command = HelperRequest.TearDownCommand }, routes: null, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        File.Delete(_socketPath);
        _stop.Dispose();
    }

    private static RoutesRecord Record(RouteSettings routes) => new()
    {
        Subnets = [.. routes.Subnets.Select(subnet => subnet.ToString())],
        MayTakeOver = [.. routes.MayTakeOver.Select(subnet => subnet.ToString())],
        ProtectedAddresses = [.. routes.ProtectedAddresses.Select(address => address.ToString())],
    };

    private static DnsRecord Record(DnsSettings dns) => new()
    {
        ListenAddress = dns.ListenAddress.ToString(),
        SearchDomains = dns.SearchDomains,
        RoutingDomains = dns.RoutingDomains,
    };

    // The socket takes over the descriptor; the file handle must not close it as well.
    private static Socket Wrap(FileDescriptor descriptor)
    {
        nint number = descriptor.DangerousGetHandle();
        descriptor.SetHandleAsInvalid();
        return new Socket(new SafeSocketHandle(number, ownsHandle: true));
    }

    private int NextId() => Interlocked.Increment(ref _lastId);

    /// <param name="request">Sent as it is.</param>
    /// <param name="routes">Those in the request, to explain why they are refused.</param>
    private async Task<Answer> AskAsync(HelperRequest request, RouteSettings? routes, CancellationToken cancellationToken)
    {
        if (!_connected.Task.IsCompletedSuccessfully)
        {
            throw NetHelperErrors.Lost("it is not connected");
        }

        HelperChannel channel = await _connected.Task;
        var waiting = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[request.Id] = waiting;
        try
        {
            await channel.WriteAsync(request, HelperJson.Default.HelperRequest, [], cancellationToken);
            Task first = await Task.WhenAny(waiting.Task, _lost.Task)
                .WaitAsync(AnswerTimeout, _time, cancellationToken);
            if (first == _lost.Task && !waiting.Task.IsCompleted)
            {
                throw NetHelperErrors.Lost(await _lost.Task);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            throw NetHelperErrors.Lost(e.Message);
        }
        catch (InvalidDataException e)
        {
            throw NetHelperErrors.Refused(e.Message.TrimEnd('.'));
        }
        catch (TimeoutException)
        {
            throw NetHelperErrors.Lost($"no answer within {AnswerTimeout.TotalSeconds:0} s");
        }
        finally
        {
            _waiting.TryRemove(request.Id, out _);
        }

        Answer answer = await waiting.Task;
        if (answer.Message.Failure is { } failure)
        {
            answer.Dispose();
            throw Explain(failure, routes);
        }

        return answer;
    }

    private static UserErrorException Explain(HelperFailure failure, RouteSettings? routes) => failure.Code switch
    {
        HelperFailureCodes.RouteOverlap when routes is not null => ExplainOverlap(failure, routes),
        HelperFailureCodes.Device => NetHelperErrors.DeviceFailed(failure.Reason),
        HelperFailureCodes.Socket => NetHelperErrors.SocketFailed(failure.Reason),
        HelperFailureCodes.Resolver => NetHelperErrors.ResolverFailed(failure.Reason),
        _ => NetHelperErrors.Refused(failure.Reason),
    };

    private static UserErrorException ExplainOverlap(HelperFailure failure, RouteSettings routes)
    {
        string device = NetHelperErrors.DescribeDevice(failure.ExistingDevice ?? "?");
        if (!IPNetwork.TryParse(failure.Route, out IPNetwork subnet) || !IPNetwork.TryParse(failure.ExistingRoute, out IPNetwork existing))
        {
            return NetHelperErrors.Refused(failure.Reason);
        }

        return routes.Subnets.Contains(subnet)
            ? NetHelperErrors.RouteOverlap(subnet.ToString(), existing.ToString(), device, OverlapAdvice.Of(routes, subnet, existing))
            : NetHelperErrors.AddressOverlap(subnet.ToString(), existing.ToString(), device);
    }

    private async Task ServeAsync(CancellationToken stop)
    {
        string reason = "the daemon closed";
        try
        {
            using HelperChannel channel = await AcceptAsync(stop);
            _connected.SetResult(channel);
            reason = "it closed its socket";
            while (await channel.ReadAsync(HelperJson.Default.HelperMessage, stop) is { } message)
            {
                Take(new Answer(message, message.SetUp is null ? [] : channel.TakeDescriptors()));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            reason = "the daemon closed";
        }
        catch (Exception e) when (e is IOException or InvalidDataException or SocketException)
        {
            reason = e.Message;
        }

        NetHelperLog.Ended(_logger, reason);
        _connected.TrySetException(NetHelperErrors.Lost(reason));
        _ = _connected.Task.Exception;
        _lost.SetResult(reason);
        if (_helper is { } helper)
        {
            await HelperRemains.PutBackAsync(helper, _time, _logger);
        }
    }

    // One helper only: once the right one is there, nobody else may connect.
    private async Task<HelperChannel> AcceptAsync(CancellationToken stop)
    {
        while (true)
        {
            Socket socket = await _listener.AcceptAsync(stop);
            PeerCredentials peer = PeerCredentials.Of(socket);
            if (peer.UserId == Root)
            {
                NetHelperLog.Connected(_logger, peer.ProcessId);
                _helper = ProcessIdentity.Of(peer.ProcessId);
                _listener.Dispose();
                return new HelperChannel(socket);
            }

            NetHelperLog.PeerRefused(_logger, peer.UserId, peer.ProcessId);
            socket.Dispose();
        }
    }

    private void Take(Answer answer)
    {
        if (answer.Message.Log is { } line)
        {
            NetHelperLog.Line(_logger, line);
        }

        if (answer.Message.ResolverInForce is { } isInForce)
        {
            ResolverChanged?.Invoke(new ResolverNotice(isInForce, answer.Message.Log ?? "", answer.Message.ResolverFailure));
        }

        if (answer.Message.Id is not { } id
            || !_waiting.TryRemove(id, out TaskCompletionSource<Answer>? waiting)
            || !waiting.TrySetResult(answer))
        {
            answer.Dispose();
        }
    }

    /// <summary>A message with the descriptors that came with it; whoever takes neither disposes of them.</summary>
    private sealed record Answer(HelperMessage Message, IReadOnlyList<FileDescriptor> Descriptors) : IDisposable
    {
        public void Dispose()
        {
            foreach (FileDescriptor descriptor in Descriptors)
            {
                descriptor.Dispose();
            }
        }
    }
}
