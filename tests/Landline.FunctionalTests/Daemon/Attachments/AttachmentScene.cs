using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Landline.Daemon.Api;
using Landline.Daemon.Attachments;
using Landline.Daemon.Connections;
using Landline.FunctionalTests.Kubernetes;
using Landline.Kubernetes;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>
/// The workstation's half of attaching without its network: a Connection in a fake cluster, a session with a manager that
/// the test plays, the attachments, and the daemon's API where the command <c>landline</c> finds it.
/// </summary>
internal sealed class AttachmentScene : IAsyncDisposable, IConnectionHost
{
    public const string Objects = "/apis/landline.dev/v1/namespaces/work/attachments";
    public const string Connections = "/apis/landline.dev/v1/namespaces/work/connections";

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("landline-attach-").FullName;
    private readonly X509Certificate2 _certificate = PinnedTls.CreateCertificate(TimeProvider.System);
    private readonly ConnectionWarnings _warnings = new("lab", TimeProvider.System);
    private readonly ManualTime _wallClock = new();
    private TimeProvider _time = TimeProvider.System;
    private string? _runtime;
    private FakeCluster _cluster = null!;
    private ControlChannel _control = null!;
    private DaemonLock? _lock;
    private WebApplication? _api;
    private Task? _attachmentsEnd;

    public ManagerStandIn Manager { get; } = new();

    public SessionClient Sessions { get; private set; } = null!;

    public ConnectionRegistration Registration { get; private set; } = null!;

    public AttachmentSet Attachments { get; private set; } = null!;

    public FakeApiServerObjects Stored => _cluster.Server.Objects;

    /// <summary>Asked first for each request to the API server: true when it has answered.</summary>
    public Func<HttpContext, Task<bool>> Break
    {
        set => _cluster.Server.Answer = value;
    }

    public IReadOnlyList<WarningInfo> Warnings => _warnings.Current;

    public string Folder => _folder;

    public ConnectionDirectory Directory => field ??= RuntimeDirectory
        .ForCurrentUser(name => name == "LANDLINE_RUNTIME_DIR" ? _runtime ?? Path.Combine(_folder, "run") : null)
        .Create("lab");

    public CliProcess Cli => new(Path.Combine(_folder, "run"));

    public DaemonStatus Status => new(
        ProductVersion.Text,
        Environment.ProcessId,
        new Landline.Protocol.Api.ConnectionInfo
        {
            Name = "lab",
            Status = ConnectionState.Connected,
            StatusSince = TimeProvider.System.GetUtcNow(),
            Context = "fake",
            Namespace = "work",
            Attachments = Attachments.Describe(),
        },
        _warnings.Current);

    /// <param name="time">Of the attachments alone. A test's own goes on with the end of the scene.</param>
    /// <param name="runtime">The runtime folder; one of the scene's own if not given.</param>
    public static async Task<AttachmentScene> StartAsync(TimeProvider? time = null, string? runtime = null)
    {
        var scene = new AttachmentScene { _cluster = await FakeCluster.StartAsync(), _time = time ?? TimeProvider.System, _runtime = runtime };
        KubernetesClient client = scene._cluster.Connect();
        var request = new ConnectRequest { Name = "lab", Namespace = "work" };
        scene.Registration = new ConnectionRegistration(
            client,
            request,
            PinnedTls.FingerprintOf(scene._certificate),
            new WorkstationAbsence(scene._wallClock, client.Clock),
            TimeProvider.System,
            NullLogger.Instance);
        await scene.Registration.CreateAsync(Deadline.Token);
        scene.Sessions = new SessionClient(new SessionClientOptions
        {
            DialLink = scene.DialAsync,
            Certificate = scene._certificate,
            PinnedFingerprint = () => scene.Manager.Fingerprint,
            Hello = static () => "{}"u8.ToArray(),
            Acceptor = (_, stream) => scene.Attachments.Accept(stream),
        });
        await scene.Sessions.StartAsync(Deadline.Token);
        scene._control = new ControlChannel(scene.Sessions, TimeProvider.System, NullLogger.Instance);
        scene.Attachments = new AttachmentSet(
            scene.Directory,
            new AttachmentRegistration(client, scene.Registration, TimeProvider.System, NullLogger.Instance),
            scene._control,
            scene.Sessions,
            scene._warnings,
            scene._time,
            NullLogger.Instance);
        scene._control.Start();
        await scene._control.FirstCluster.WaitAsync(Deadline.Token);
        return scene;
    }

    /// <summary>For so long that the manager has given the workstation up.</summary>
    public void StayAway() => _wallClock.Advance(TimeSpan.FromHours(1));

    /// <summary>From now on the command <c>landline</c> finds a daemon.</summary>
    public async Task ServeApiAsync()
    {
        _lock = DaemonLock.TryTake(Directory);
        _api = DaemonApi.Build(Directory.DaemonSocket, RuntimeDirectory.CurrentUserId, this, NullLoggerFactory.Instance);
        await _api.StartAsync(Deadline.Token);
    }

    public static AttachRequest Request(string name, AttachmentType type = AttachmentType.Intercept) => new()
    {
        Name = name,
        Spec = new AttachmentSpec { Type = type, Workload = new AttachmentWorkload { Name = "web" } },
    };

    public Task<Attachment> AttachAsync(AttachRequest request) =>
        Attachments.AttachAsync(request, _ => ValueTask.CompletedTask, Deadline.Token);

    /// <summary>An attachment whose port 8080 leads to a handler's port.</summary>
    public Task<Attachment> AttachAsync(string name, int handlerPort, PortProtocol protocol = PortProtocol.Tcp)
    {
        Manager.Answer = _ => ManagerStandIn.Active(8080, handlerPort, protocol);
        return AttachAsync(Request(name));
    }

    public Task<(SessionStream Stream, StreamEnd? Refusal)> CallAsync(
        string name, PortProtocol protocol = PortProtocol.Tcp, bool copy = false) => Manager.OpenInboundAsync(new InboundOpen
        {
            Attachment = $"work/{name}", Port = 8080, Protocol = protocol, SourceAddress = "10.0.0.1", SourcePort = 4711, Copy = copy,
        });

    public JsonObject? StoredAttachment(string name) => Stored.Get($"{Objects}/{name}");

    public Task<string> Over { get; } = new TaskCompletionSource<string>().Task;

    public static async Task WaitUntilAsync(Func<bool> isTrue)
    {
        CancellationToken deadline = Deadline.Token;
        while (!isTrue())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline);
        }
    }

    public Task<ConnectedEvent> ConnectAsync(
        ConnectRequest request, Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<bool> ReleaseAsync(string hold) => Task.FromResult(false);

    public Task DisconnectAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What the end of the connection does to its attachments.</summary>
    public Task EndAttachmentsAsync() => _attachmentsEnd ??= Attachments.DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        Task end = EndAttachmentsAsync();
        if (_time is ManualTime time)
        {
            await WaitUntilAsync(() =>
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
                return end.IsCompleted;
            });
        }

        await end;
        if (_api is not null)
        {
            await _api.DisposeAsync();
        }

        _lock?.Dispose();
        await _control.DisposeAsync();
        await Sessions.DisposeAsync();
        await Manager.DisposeAsync();
        await _cluster.DisposeAsync();
        _certificate.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    // As ManagerLink does: the Connection may be gone when the session is dialled again.
    private async Task<Stream> DialAsync(CancellationToken cancellationToken)
    {
        await Registration.EnsureAsync(cancellationToken);
        return await Manager.DialAsync(cancellationToken);
    }
}
