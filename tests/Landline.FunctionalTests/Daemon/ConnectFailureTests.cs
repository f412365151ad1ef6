using System.Net;
using System.Net.Sockets;
using Landline.Daemon.Api;
using Landline.Daemon.Connections;
using Landline.Daemon.Diagnostics;
using Landline.FunctionalTests.Daemon.Attachments;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.TestSupport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Daemon;

/// <summary>Connecting to what is no working cluster: one sentence, one hint, nothing left behind.</summary>
public sealed class ConnectFailureTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-connect-").FullName;
    private readonly List<ConnectEvent> _events = [];
    private StubApiServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await StubApiServer.StartAsync(_folder, Deadline.Token);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_cluster_without_Landline_says_how_to_install_it()
    {
        _server.IsInstalled = false;

        UserErrorException error = await FailAsync(Request());

        Assert.Equal("not-installed", error.Code);
        Assert.Contains("landline install --context lab", error.Hint, StringComparison.Ordinal);
        Assert.Equal(0, _server.Created);
    }

    [Fact]
    public async Task A_manager_that_is_not_ready_is_told_with_the_command_that_shows_why()
    {
        _server.IsReady = false;

        UserErrorException error = await FailAsync(Request());

        Assert.Equal("manager-not-ready", error.Code);
        Assert.Contains("kubectl get pods -n landline", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_right_to_make_a_Connection_the_hint_is_what_to_ask_for()
    {
        _server.AllowsConnections = false;

        UserErrorException error = await FailAsync(Request());

        Assert.Equal("connection-forbidden", error.Code);
        Assert.Contains("--clusterrole=landline-user", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_access_to_the_managers_namespace_the_hint_names_the_role()
    {
        _server.AllowsManager = false;

        UserErrorException error = await FailAsync(Request());

        Assert.Equal("manager-forbidden", error.Code);
        Assert.Contains("landline-access", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_that_are_not_accepted_are_told_with_their_context()
    {
        _server.AcceptsCredentials = false;

        UserErrorException error = await FailAsync(Request());

        Assert.Equal("credentials-rejected", error.Code);
        Assert.Contains("'lab'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_nobody_listens_at_is_told_with_its_address()
    {
        using var placeholder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        placeholder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        string server = $"http://{placeholder.LocalEndPoint}";
        await File.WriteAllTextAsync(_server.Kubeconfig, StubApiServer.Configuration(server), Deadline.Token);

        UserErrorException error = await FailAsync(Request());

        Assert.Equal("cluster-unreachable", error.Code);
        Assert.Contains($"{placeholder.LocalEndPoint} cannot be reached (connection refused).", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_that_does_not_exist_is_told_with_those_that_do()
    {
        UserErrorException error = await FailAsync(Request() with { Context = "nowhere" });

        Assert.Equal("kubeconfig-invalid", error.Code);
        Assert.Contains("'nowhere'", error.Message, StringComparison.Ordinal);
        Assert.Contains("lab", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manager_that_breaks_the_link_off_leaves_no_Connection_behind()
    {
        // No port-forward here: the dial fails after the object was made.
        UserErrorException error = await FailAsync(Request());

        Assert.Equal("manager-unreachable", error.Code);
        Assert.Equal(1, _server.Created);
        Assert.Equal(1, _server.Deleted);
    }

    [Fact]
    public async Task A_manager_that_does_not_know_the_cluster_within_20_s_is_told_so_that_nobody_is_connected_without_routes()
    {
        await using var manager = new ManagerStandIn { Cluster = new ClusterMessage { ClusterDomain = "cluster.local" } };
        _server.ManagerFingerprint = manager.Fingerprint;
        var time = new ManualTime();
        string log = Path.Combine(_folder, "test.log");
        using var file = new LogFile(log);
        using var provider = new FileLoggerProvider(file, time);
        using var loggers = new LoggerFactory([provider]);

        Task<UserErrorException> failing = FailAsync(Request() with { ManagerAddress = manager.Address }, time, loggers);
        await AttachmentScene.WaitUntilAsync(
            () => File.ReadAllText(log).Contains("does not know the cluster yet", StringComparison.Ordinal));
        time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal("cluster-unknown", (await failing).Code);
    }

    private ConnectRequest Request() => new()
    {
        Name = "lab",
        Kubeconfig = _server.Kubeconfig,
        Context = "lab",
        Namespace = "default",
    };

    private Task<UserErrorException> FailAsync(ConnectRequest request) =>
        FailAsync(request, TimeProvider.System, NullLoggerFactory.Instance);

    private async Task<UserErrorException> FailAsync(ConnectRequest request, TimeProvider time, ILoggerFactory loggers)
    {
        RuntimeDirectory runtime = RuntimeDirectory.ForCurrentUser(
            name => name == "LANDLINE_RUNTIME_DIR" ? Path.Combine(_folder, "run") : null);
        ConnectionDirectory directory = runtime.Create("lab");
        var opener = new ConnectionOpener(directory, time, loggers);

        var error = await Assert.ThrowsAsync<UserErrorException>(() => opener.OpenAsync(
            request,
            line =>
            {
                _events.Add(line);
                return ValueTask.CompletedTask;
            },
            Deadline.Token));

        Assert.Empty(Directory.GetFiles(directory.Path));
        Assert.Equal(_server.Created, _server.Deleted);
        Assert.NotEmpty(error.Hint);
        return error;
    }
}
