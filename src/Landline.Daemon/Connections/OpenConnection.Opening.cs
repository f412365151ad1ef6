using System.Collections.Frozen;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Landline.Daemon.Api;
using Landline.Daemon.Attachments;
using Landline.Daemon.Dns;
using Landline.Daemon.Errors;
using Landline.Daemon.NetHelper;
using Landline.Kubernetes;
using Landline.Networking.Routes;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Frames;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <content>The way from a request to a connection that stands. Steps that do not need each other run side by side.</content>
internal sealed partial class OpenConnection
{
    /// <summary>Somebody may have to look for the password first.</summary>
    private static readonly TimeSpan LongestHelperStart = TimeSpan.FromMinutes(3);

    /// <summary>For dialling, authorization and the manager's first words; they take 0.2 s over a good network.</summary>
    private static readonly TimeSpan LongestSessionStart = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PauseBetweenDials = TimeSpan.FromMilliseconds(200);

    /// <summary>Parts of what a login says that wait to be told; it says a few lines.</summary>
    private const int MostWords = 256;
    private static readonly StreamEnd NothingAttached = new(StreamEndCode.Unavailable, "The workstation has no attachments.");

    /// <param name="key">The connection's own; disposed with it.</param>
    /// <exception cref="UserErrorException">It did not work, and nothing is left of it.</exception>
    public static async Task<IOpenConnection> OpenAsync(
        ConnectionDirectory directory,
        ConnectRequest request,
        X509Certificate2 key,
        Func<ConnectEvent, ValueTask> report,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var connection = new OpenConnection(directory, request, key, time, loggers);
        try
        {
            await connection.OpenAsync(report, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task OpenAsync(Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        ClusterTarget target = ClusterTarget.Load(_request);
        _logger.Connecting(ServerText(target.Server), _request.Namespace);
        await report(new ProgressEvent($"Connecting to {target.Server.Authority}"));
        _cluster = new KubernetesClient(target.Settings, _time, _loggers.CreateLogger("Landline.Kubernetes"));
        _absence = new WorkstationAbsence(_time, _cluster.Clock);
        ManagerAddress? direct = DirectAddress();
        _sessionHosts = ProtectedAddresses.Hosts(target.Settings, direct).ToFrozenSet(StringComparer.Ordinal);

        Task<IReadOnlyList<IPAddress>> protectedAddresses =
            ProtectedAddresses.FindAsync(target.Settings, direct, cancellationToken);
        var locator = new ManagerLocator(_cluster, _request.ManagerNamespace, _time);
        ManagerLocation manager = await HearLoginAsync(locator.LocateAsync(withPod: direct is null, cancellationToken), report);
        _registration = new ConnectionRegistration(
            _cluster, _request, PinnedTls.FingerprintOf(_certificate), _absence, _time, _logger);
        _link = new ManagerLink(
            new ManagerTunnel(_cluster, _request.ManagerNamespace, _time, _logger), locator, _registration, _request.ManagerNamespace, direct);
        await _registration.CreateAsync(cancellationToken);

        _helper = NetHelperClient.Listen(_directory.HelperSocket, _time, _loggers.CreateLogger("Landline.Daemon.NetHelper"));
        await report(new HelperNeededEvent(_directory.HelperSocket));
        _link.Expect(manager);
        ClusterMessage cluster = await StartSessionAsync(cancellationToken);
        await ResolveNamesAsync(cluster, cancellationToken);

        await report(new ProgressEvent("Setting routes and DNS"));
        await _helper.WaitForHelperAsync(LongestHelperStart, cancellationToken);
        NetworkPlan plan = Plan(cluster, await protectedAddresses);
        _network = await ClusterNetwork.StartAsync(
            _request.Name, _helper, plan, _sessions!, _clusterDns!, _names!, _warnings, _time, _loggers, cancellationToken);
        await BeginFollowingAsync(cluster, await protectedAddresses, cancellationToken);
        _logger.Connected(_sessions!.Current.Id, string.Join(", ", plan.Routed));
    }

    // The first request is the one for which a login may have to ask its user something, who waits for this answer.
    private async Task<T> HearLoginAsync<T>(Task<T> firstRequest, Func<ConnectEvent, ValueTask> report)
    {
        var said = Channel.CreateBounded<string>(MostWords);
        Action<string> hear = text => said.Writer.TryWrite(text);
        _cluster!.LoginSays += hear;
        _ = firstRequest.ContinueWith(
            _ => said.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await foreach (string text in said.Reader.ReadAllAsync(CancellationToken.None))
            {
                await report(new LoginEvent(text));
            }
        }
        finally
        {
            _cluster.LoginSays -= hear;
        }

        return await firstRequest;
    }

    private ManagerAddress? DirectAddress()
    {
        if (_request.ManagerAddress is not { } text)
        {
            return null;
        }

        return ManagerAddress.TryParse(text, out ManagerAddress? address)
            ? address
            : throw DaemonErrors.ManagerUnreachable(_request.ManagerNamespace, $"'{text}' is not of the form HOST:PORT");
    }

    private async Task<ClusterMessage> StartSessionAsync(CancellationToken cancellationToken)
    {
        _sessions = new SessionClient(new SessionClientOptions
        {
            DialLink = _link!.DialAsync,
            Certificate = _certificate,
            PinnedFingerprint = () => _link.Fingerprint,
            Hello = _link.Hello,
            Acceptor = (_, stream) => Accept(stream),
            TimeProvider = _time,
        });
        using var deadline = new CancellationTokenSource(LongestSessionStart, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        Exception? last = null;
        try
        {
            while (true)
            {
                try
                {
                    await _sessions.StartAsync(either.Token);
                    break;
                }
                catch (Exception e) when (e is IOException or TimeoutException or System.Security.Authentication.AuthenticationException
                    || (last is not null && e is UserErrorException { Code: "manager-not-ready" or "manager-unreachable" }))
                {
                    // A manager that has just been replaced may have another key or not know the Connection yet; one that hangs may be replaced.
                    last = e;
                    await Task.Delay(PauseBetweenDials, _time, either.Token);
                }
            }

            _watch = new SessionWatch(_sessions, _absence!, _time, _logger);
            _control = new ControlChannel(_sessions, _time, _logger);
            _control.Received += (message, _) =>
            {
                _latest = message as ClusterMessage ?? _latest;
                return Task.CompletedTask;
            };
            _attachments = new AttachmentSet(
                _directory,
                new AttachmentRegistration(_cluster!, _registration!, _time, _loggers.CreateLogger("Landline.Daemon.Attachments")),
                _control,
                _sessions,
                _warnings,
                _time,
                _loggers.CreateLogger("Landline.Daemon.Attachments"));
            _control.Start();
            return await _control.FirstCluster.WaitAsync(either.Token);
        }
        catch (SessionRefusedException e)
        {
            throw DaemonErrors.ManagerUnreachable(_request.ManagerNamespace, $"it refused the session ({e.Message})", e);
        }
        catch (SessionProtocolException e)
        {
            throw DaemonErrors.ManagerUnreachable(_request.ManagerNamespace, $"it does not speak this version's protocol ({e.Message})", e);
        }
        catch (OperationCanceledException) when (_control is { ManagerKnowsNothing: true } && !cancellationToken.IsCancellationRequested)
        {
            throw DaemonErrors.ClusterUnknown(_request.ManagerNamespace);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw last as UserErrorException ?? DaemonErrors.ManagerUnreachable(
                _request.ManagerNamespace, last is null ? "no answer in time" : DaemonErrors.ReasonOf(last), last);
        }
    }

    private void Accept(SessionStream stream)
    {
        if (_attachments is { } attachments)
        {
            attachments.Accept(stream);
        }
        else
        {
            stream.Refuse(NothingAttached);
        }
    }

    private async Task ResolveNamesAsync(ClusterMessage cluster, CancellationToken cancellationToken)
    {
        _clusterDns = new ClusterDnsChannel(
            stop => SessionDns.OpenAsync(_sessions!, stop), _time, _loggers.CreateLogger("Landline.Daemon.Dns"));
        string[] hosts = [.. _request.AlsoProxy.Select(text => ProxyTarget.Parse(text).HostName).OfType<string>().Distinct()];
        _names = new AlsoProxyNames(
            hosts,
            host => NameTarget.SpellingsOf(host, NetworkPlan.NamesOf(_request, _latest ?? cluster)),
            new ClusterLookup(_clusterDns),
            _warnings,
            _time,
            _logger);
        await _names.ResolveAsync(cancellationToken);
    }

    private NetworkPlan Plan(ClusterMessage cluster, IReadOnlyList<IPAddress> protectedAddresses)
    {
        var plan = NetworkPlan.Of(_request, cluster, _names!.Addresses, protectedAddresses);
        plan = plan with { Names = plan.Names with { SessionHosts = _sessionHosts } };
        Warn(cluster, plan);
        return plan;
    }

    private void Warn(ClusterMessage cluster, NetworkPlan plan)
    {
        if (plan.UnknownNamespaces.Count > 0)
        {
            _warnings.Set(
                WarningCodes.NamespaceUnknown,
                $"The cluster has no namespace {string.Join(", ", plan.UnknownNamespaces)}, named in --mapped-namespaces.",
                "It is mapped as soon as it exists");
        }
        else
        {
            _warnings.Clear(WarningCodes.NamespaceUnknown);
        }

        if (cluster.ManagerVersion.Length > 0 && cluster.ManagerVersion != ProductVersion.Text)
        {
            _warnings.Set(
                WarningCodes.ManagerVersion,
                $"The manager is version {cluster.ManagerVersion}, this program {ProductVersion.Text}.",
                "Have an administrator run: landline upgrade");
        }
        else
        {
            _warnings.Clear(WarningCodes.ManagerVersion);
        }
    }

    // What the cluster and the machine do from now on, and what the cluster has done since the plan was made.
    private async Task BeginFollowingAsync(
        ClusterMessage planned, IReadOnlyList<IPAddress> protectedAddresses, CancellationToken cancellationToken)
    {
        _control!.Received += (message, stop) => message is ClusterMessage
            ? UpdateAsync(protectedAddresses, stop)
            : Task.CompletedTask;
        if (_latest is { } latest && latest != planned)
        {
            await UpdateAsync(protectedAddresses, cancellationToken);
        }

        _names!.Start(stop => UpdateAsync(protectedAddresses, stop));
        _routes = RouteMonitor.Start(_sessions!.Probe, _time);
        _ending = EndWithAnyPartAsync();
    }

    private async Task UpdateAsync(IReadOnlyList<IPAddress> protectedAddresses, CancellationToken cancellationToken)
    {
        if (_network is { } network)
        {
            await network.UpdateAsync(() => Plan(_latest!, protectedAddresses), cancellationToken);
        }
    }

    // Nobody but the helper can undo what it did, and it has done so when it is gone: without it there is no connection.
    private async Task EndWithAnyPartAsync()
    {
        Task<string> helper = _helper!.Lost;
        Task<string> revoked = _registration!.Revoked;
        Task engine = _network!.Ended;
        await Task.WhenAny(helper, engine, revoked);
        _lost.TrySetResult(
            revoked.IsCompleted ? await revoked
            : helper.IsCompleted ? $"the net helper ended ({await helper})"
            : $"the network device is gone ({engine.Exception?.GetBaseException().Message ?? "closed"})");
    }
}
