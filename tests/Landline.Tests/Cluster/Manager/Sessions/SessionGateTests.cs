using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Sessions;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.TestSupport;
using Landline.Tests.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using ClientHello = Landline.Protocol.Api.ClientHello;

namespace Landline.Tests.Cluster.Manager.Sessions;

/// <summary>Whom the manager lets in, with the Connections in a fake API server.</summary>
public sealed class SessionGateTests : IAsyncLifetime
{
    private const string KeyOfAlice = "sha256:a11ce";
    private const string KeyOfBob = "sha256:b0b";

    private static readonly TimeSpan PatienceWithTheWatch = TimeSpan.FromSeconds(3);

    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _stop = new();
    private ApiServerScene _scene = null!;
    private ConnectionStore _connections = null!;
    private AgentTokens _agentTokens = null!;
    private SessionGate _gate = null!;
    private Task _watching = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _scene = await ApiServerScene.StartAsync();
        _connections = new ConnectionStore(_scene.Client, _time, NullLogger.Instance);
        _agentTokens = new AgentTokens(_scene.Client, "landline");
        _gate = new SessionGate(_connections, _agentTokens, NullLogger.Instance);
        _scene.PutConnection("work", "alice", KeyOfAlice);
        _scene.PutConnection("work", "bob", KeyOfBob);
        _scene.PutConnection("play", "alice", "sha256:0the4");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ContinueWith(static _ => { }, TaskScheduler.Default);
        _agentTokens.Dispose();
        await _scene.DisposeAsync();
    }

    [Fact]
    public async Task The_key_that_a_Connection_names_is_let_in()
    {
        await WatchAsync();

        Admission.Workstation admission = Assert.IsType<Admission.Workstation>(await AskAsync("work", "alice", KeyOfAlice));

        Assert.Equal("alice", admission.Connection.Metadata.Name);
        Assert.Equal("work", admission.Connection.Metadata.Namespace);
    }

    [Theory]
    [InlineData("work", "alice", "sha256:0")]
    [InlineData("work", "alice", "sha256:A11CE")]
    [InlineData("work", "alice", "")]
    [InlineData("work", "alice", KeyOfBob)]
    [InlineData("work", "bob", KeyOfAlice)]
    [InlineData("play", "alice", KeyOfAlice)]
    public async Task Any_other_key_than_the_one_of_this_very_Connection_is_not(string namespaceName, string connection, string key)
    {
        await WatchAsync();

        Assert.Null(await AskAsync(namespaceName, connection, key));
    }

    [Fact]
    public async Task A_Connection_that_does_not_exist_lets_nobody_in()
    {
        await WatchAsync();

        Task<object?> asking = AskAsync("work", "carol", KeyOfAlice);
        await _time.AdvanceToTimerAsync(PatienceWithTheWatch, Deadline.Token);

        Assert.Null(await asking);
    }

    [Fact]
    public async Task A_Connection_without_a_key_lets_nobody_in()
    {
        _scene.PutConnection("work", "keyless", "");
        await WatchAsync();

        Assert.Null(await AskAsync("work", "keyless", ""));
    }

    [Fact]
    public async Task A_Connection_with_an_empty_spec_lets_nobody_in()
    {
        _scene.Server.Objects.Put("/apis/landline.dev/v1/namespaces/work/connections/empty", new JsonObject { ["spec"] = new JsonObject() });
        await WatchAsync();

        Assert.Null(await AskAsync("work", "empty", ""));
        Assert.Equal(TimeSpan.FromSeconds(120), _connections.Objects.Find(new("work", "empty"))!.Grace);
    }

    [Fact]
    public async Task A_Connection_that_is_being_deleted_lets_nobody_in()
    {
        JsonObject leaving = _scene.PutConnection("work", "leaving", KeyOfAlice);
        leaving["metadata"]!["deletionTimestamp"] = "2030-01-01T00:00:00Z";
        _scene.Server.Objects.Put("/apis/landline.dev/v1/namespaces/work/connections/leaving", leaving);
        await WatchAsync();

        Assert.Null(await AskAsync("work", "leaving", KeyOfAlice));
    }

    [Fact]
    public async Task A_Connection_that_comes_a_moment_after_its_daemon_is_waited_for()
    {
        await WatchAsync();

        Task<object?> asking = AskAsync("work", "carol", "sha256:ca401");
        Assert.False(asking.IsCompleted);
        _scene.PutConnection("work", "carol", "sha256:ca401");

        Assert.IsType<Admission.Workstation>(await asking.WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task While_the_watch_brings_nothing_the_API_server_is_asked()
    {
        Task<object?> right = AskAsync("work", "alice", KeyOfAlice);
        Task<object?> wrong = AskAsync("work", "alice", KeyOfBob);
        await _time.AdvanceToTimerAsync(PatienceWithTheWatch, Deadline.Token);

        Assert.IsType<Admission.Workstation>(await right);
        Assert.Null(await wrong);
    }

    [Fact]
    public async Task Nobody_is_let_in_while_the_API_server_does_not_answer()
    {
        _scene.Server.Answer = static context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.FromResult(true);
        };

        Task<object?> workstation = AskAsync("work", "alice", KeyOfAlice);
        Task<object?> agent = AskAsync(new AgentHello { Node = "n1", Token = "token" }, "sha256:0");
        await _time.AdvanceToTimerAsync(PatienceWithTheWatch, Deadline.Token);

        Assert.Null(await workstation);
        Assert.Null(await agent);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("null")]
    [InlineData("""{"namespace":"work","connection":"alice"}""")]
    [InlineData("""{"role":"workstation"}""")]
    [InlineData("""{"role":"workstation","namespace":"work"}""")]
    [InlineData("""{"role":"workstation","connection":"alice"}""")]
    [InlineData("""{"role":"agent"}""")]
    [InlineData("""{"role":"workstation","namespace":"","connection":""}""")]
    [InlineData("""{"role":"workstation","namespace":"work","connection":""}""")]
    [InlineData("""{"role":"workstation","namespace":"","connection":"alice"}""")]
    [InlineData("""{"role":"workstation","namespace":7,"connection":"alice"}""")]
    [InlineData("""{"role":"manager","namespace":"work","connection":"alice"}""")]
    [InlineData("""{"role":"agent","node":"n1","token":""}""")]
    public async Task A_hello_that_claims_nothing_is_refused_without_asking_anybody(string hello)
    {
        Assert.Null(await _gate.AuthorizeAsync(new ClientIdentity(KeyOfAlice, Encoding.UTF8.GetBytes(hello)), Deadline.Token));
        Assert.Empty(_scene.Server.Requests);
    }

    [Fact]
    public async Task An_agents_hello_is_not_judged_by_the_Connections()
    {
        await WatchAsync();

        Assert.Null(await AskAsync(new AgentHello { Node = "n1", Token = "foreign" }, KeyOfAlice));
    }

    [Fact]
    public async Task In_front_of_a_server_the_gate_lets_in_one_key_and_no_other()
    {
        await using var endpoints = new TlsEndpoints();
        endpoints.Authorize = identity => _gate.AuthorizeAsync(identity, Deadline.Token);
        _scene.PutConnection("work", "dave", PinnedTls.FingerprintOf(endpoints.ClientCertificate));
        await WatchAsync();
        ReadOnlyMemory<byte> hello = HelloOf("work", "dave");
        using X509Certificate2 wrong = PinnedTls.CreateCertificate(TimeProvider.System);
        await using SessionClient owner = endpoints.NewClient(hello: hello);
        await using SessionClient thief = endpoints.NewClient(wrong, hello: hello);

        await Assert.ThrowsAsync<IOException>(() => thief.StartAsync(Deadline.Token));
        Assert.Empty(endpoints.Server.Sessions);
        await owner.StartAsync(Deadline.Token);

        Session session = await endpoints.NewSessions.ReadAsync(Deadline.Token);
        Assert.Equal("dave", Assert.IsType<Admission.Workstation>(session.Authorization).Connection.Metadata.Name);
    }

    private async Task WatchAsync()
    {
        _watching = _connections.Objects.RunAsync(_stop.Token);
        await _connections.Objects.Synced.WaitAsync(Deadline.Token);
    }

    private Task<object?> AskAsync(string namespaceName, string connection, string fingerprint) =>
        _gate.AuthorizeAsync(new ClientIdentity(fingerprint, HelloOf(namespaceName, connection)), Deadline.Token);

    private Task<object?> AskAsync(AgentHello hello, string fingerprint) =>
        _gate.AuthorizeAsync(new ClientIdentity(fingerprint, Json(hello)), Deadline.Token);

    private static byte[] HelloOf(string namespaceName, string connection) =>
        Json(new WorkstationHello { Namespace = namespaceName, Connection = connection });

    private static byte[] Json(ClientHello hello) => JsonSerializer.SerializeToUtf8Bytes(hello, ProtocolJson.Default.ClientHello);
}
