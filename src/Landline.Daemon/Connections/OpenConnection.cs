using System.Collections.Frozen;
using System.Security.Cryptography.X509Certificates;
using Landline.Daemon.Api;
using Landline.Daemon.Attachments;
using Landline.Daemon.Dns;
using Landline.Daemon.NetHelper;
using Landline.Kubernetes;
using Landline.Networking.Routes;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>
/// A connection: Connection object, session, control stream, network. The opening is in the dotted file; whatever point
/// it has reached, disposal puts back what there is, in the opposite order.
/// </summary>
internal sealed partial class OpenConnection : IOpenConnection
{
    /// <summary>Of the two seconds within which this machine is as before; the rest of it takes some 0.3 s.</summary>
    private static readonly TimeSpan HeadStart = TimeSpan.FromSeconds(1.5);

    private readonly ConnectionDirectory _directory;
    private readonly ConnectRequest _request;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly ConnectionWarnings _warnings;
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _disposing = new();

    // In the order in which they come to be.
    private KubernetesClient? _cluster;
    private WorkstationAbsence? _absence;
    private FrozenSet<string> _sessionHosts = [];
    private ManagerLink? _link;
    private readonly X509Certificate2 _certificate;
    private ConnectionRegistration? _registration;
    private NetHelperClient? _helper;
    private SessionClient? _sessions;
    private ControlChannel? _control;
    private volatile AttachmentSet? _attachments;
    private ClusterDnsChannel? _clusterDns;
    private AlsoProxyNames? _names;
    private ClusterNetwork? _network;
    private volatile ClusterMessage? _latest;
    private SessionWatch? _watch;
    private RouteMonitor? _routes;
    private Task _ending = Task.CompletedTask;
    private Task? _disposal;

    private OpenConnection(
        ConnectionDirectory directory, ConnectRequest request, X509Certificate2 key, TimeProvider time, ILoggerFactory loggers)
    {
        (_directory, _request, _certificate, _time, _loggers) = (directory, request, key, time, loggers);
        _logger = loggers.CreateLogger("Landline.Daemon.Connections");
        _warnings = new ConnectionWarnings(request.Name, time);
    }

    public Task<string> Lost => _lost.Task;

    public AttachmentSet Attachments => _attachments!;

    public ConnectionInfo Describe()
    {
        (ConnectionState state, DateTimeOffset since, string? reason) = _watch!.State;
        NetworkPlan plan = _network!.Plan;
        Session session = _sessions!.Current;
        return new ConnectionInfo
        {
            Name = _request.Name,
            Status = state,
            StatusSince = since,
            Reason = reason,
            Context = _request.Context,
            Kubeconfig = _request.Kubeconfig,
            KubeconfigFile = _request.KubeconfigFile,
            ActAs = _request.ActAs,
            Server = ServerText(_cluster!.Settings.Server),
            Namespace = _request.Namespace,
            ManagerNamespace = _request.ManagerNamespace,
            ManagerVersion = _latest?.ManagerVersion,
            KubernetesVersion = _latest?.KubernetesVersion,
            Subnets = [.. plan.Routed.Select(subnet => subnet.ToString())],
            AlsoProxy = _request.AlsoProxy,
            NeverProxy = _request.NeverProxy,
            MappedNamespaces = _request.MappedNamespaces,
            Dns = _network.Dns,
            Session = new SessionInfo(
                session.Id.ToString(),
                _link!.Transport,
                Math.Round(session.RoundTrip.TotalMilliseconds, 2),
                session.OpenStreams,
                session.Reconnects),
            Attachments = _attachments!.Describe(),
        };
    }

    public IReadOnlyList<WarningInfo> Warnings() => _warnings.Current;

    public ValueTask DisposeAsync()
    {
        lock (_disposing)
        {
            return new ValueTask(_disposal ??= Task.Run(PutBackAsync));
        }
    }

    private async Task PutBackAsync()
    {
        _logger.Disconnecting();

        // What is under way may need the cluster for a moment more. Without a network that takes longer, and the machine is put back meanwhile.
        Task detached = DisposeAsync(_attachments).AsTask();
        await Task.WhenAny(detached, Task.Delay(HeadStart, _time));
        await DisposeAsync(_routes);
        await DisposeAsync(_names);
        await DisposeAsync(_network);
        await DisposeAsync(_helper);
        await _ending;
        await detached;
        await DisposeAsync(_clusterDns);
        await DisposeAsync(_control);
        _watch?.Dispose();

        // Before the object goes: a session that loses its link would make a new one.
        await DisposeAsync(_sessions);
        if (_registration is not null)
        {
            await _registration.DeleteAsync();
        }

        _certificate.Dispose();
        _cluster?.Dispose();
        _lost.TrySetResult("it was ended");
    }

    private static ValueTask DisposeAsync(IAsyncDisposable? part) => part?.DisposeAsync() ?? ValueTask.CompletedTask;

    // As people write it: without the slash that Uri adds.
    private static string ServerText(Uri server) => server.AbsoluteUri.TrimEnd('/');
}
