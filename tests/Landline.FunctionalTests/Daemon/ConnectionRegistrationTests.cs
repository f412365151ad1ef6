using System.Net;
using System.Text.Json.Nodes;
using Landline.Daemon.Connections;
using Landline.FunctionalTests.Kubernetes;
using Landline.Kubernetes;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Daemon;

/// <summary>No Connection object outlives its connection, whatever the API server does in between.</summary>
public sealed class ConnectionRegistrationTests
{
    private const string Collection = "/apis/landline.dev/v1/namespaces/work/connections";
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(ConnectionSpec.UsualGraceSeconds);
    private static readonly string OurKey = $"sha256:{new string('a', 64)}";
    private static readonly string AnotherKey = $"sha256:{new string('b', 64)}";

    private readonly ManualTime _time = new();
    private WorkstationAbsence? _absence;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_object_whose_creation_was_never_confirmed_is_deleted_if_it_has_our_key(bool isOurs)
    {
        await using FakeCluster fake = await FakeCluster.StartAsync();
        ConnectionRegistration registration = Register(fake);
        BreakOffCreation(fake, isOurs ? OurKey : AnotherKey);

        await Assert.ThrowsAsync<UserErrorException>(() => registration.CreateAsync(TestContext.Current.CancellationToken));
        string path = $"{Collection}/{registration.Name}";
        Assert.NotNull(fake.Server.Objects.Get(path));
        await registration.DeleteAsync();

        Assert.Equal(isOurs, fake.Server.Objects.Get(path) is null);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(null)]
    public async Task Deleting_is_tried_again_when_the_server_fails_or_breaks_off(HttpStatusCode? failure)
    {
        await using FakeCluster fake = await FakeCluster.StartAsync();
        ConnectionRegistration registration = Register(fake);
        await registration.CreateAsync(TestContext.Current.CancellationToken);
        FailDeletions(fake, failure, count: 2);

        await registration.DeleteAsync();

        Assert.Null(fake.Server.Objects.Get($"{Collection}/{registration.Name}"));
    }

    [Fact]
    public async Task An_object_that_is_deleted_while_the_workstation_is_there_was_revoked_and_is_not_made_anew()
    {
        await using FakeCluster fake = await FakeCluster.StartAsync();
        ConnectionRegistration registration = Register(fake);
        await registration.CreateAsync(TestContext.Current.CancellationToken);
        fake.Server.Objects.Delete($"{Collection}/{registration.Name}");
        _time.Advance(Grace);

        var error = await Assert.ThrowsAsync<UserErrorException>(() => registration.EnsureAsync(TestContext.Current.CancellationToken));
        _time.Advance(Grace);
        await Assert.ThrowsAsync<UserErrorException>(() => registration.EnsureAsync(TestContext.Current.CancellationToken));

        Assert.Equal("connection-ended", error.Code);
        Assert.Equal(
            $"it was ended in the cluster: somebody deleted Connection {registration.Name} of namespace work", await registration.Revoked);
        Assert.Null(fake.Server.Objects.Get($"{Collection}/{registration.Name}"));
    }

    [Fact]
    public async Task An_object_that_is_gone_after_the_grace_period_is_made_anew()
    {
        await using FakeCluster fake = await FakeCluster.StartAsync();
        ConnectionRegistration registration = Register(fake);
        await registration.CreateAsync(TestContext.Current.CancellationToken);
        string? first = registration.Uid;
        fake.Server.Objects.Delete($"{Collection}/{registration.Name}");
        _time.Advance(Grace + TimeSpan.FromSeconds(1));

        await registration.EnsureAsync(TestContext.Current.CancellationToken);

        Assert.NotNull(fake.Server.Objects.Get($"{Collection}/{registration.Name}"));
        Assert.NotEqual(first, registration.Uid);
        Assert.False(registration.Revoked.IsCompleted);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(30, false)]
    public async Task On_a_machine_that_stood_still_the_servers_clock_says_whether_the_object_was_revoked(int minutes, bool isRevoked)
    {
        await using FakeCluster fake = await FakeCluster.StartAsync();
        ConnectionRegistration registration = Register(fake);
        await registration.CreateAsync(TestContext.Current.CancellationToken);
        _absence!.End();
        fake.Server.Objects.Delete($"{Collection}/{registration.Name}");
        fake.Server.Answer = context =>
        {
            context.Response.GetTypedHeaders().Date = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(minutes);
            return Task.FromResult(false);
        };

        Exception? error = await Record.ExceptionAsync(() => registration.EnsureAsync(TestContext.Current.CancellationToken));

        Assert.Equal(isRevoked, error is UserErrorException { Code: "connection-ended" });
        Assert.Equal(isRevoked, registration.Revoked.IsCompleted);
        Assert.Equal(isRevoked, fake.Server.Objects.Get($"{Collection}/{registration.Name}") is null);
    }

    [Fact]
    public async Task A_server_that_does_not_know_the_kind_says_nothing_about_the_object()
    {
        await using FakeCluster fake = await FakeCluster.StartAsync();
        ConnectionRegistration registration = Register(fake);
        await registration.CreateAsync(TestContext.Current.CancellationToken);
        fake.Server.Answer = static context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.FromResult(true);
        };

        await Assert.ThrowsAsync<UserErrorException>(() => registration.EnsureAsync(TestContext.Current.CancellationToken));

        Assert.False(registration.Revoked.IsCompleted);
    }

    [Fact]
    public async Task An_object_that_was_made_anew_without_anybody_learning_of_it_is_recognised_by_our_key()
    {
        await using FakeCluster fake = await FakeCluster.StartAsync();
        ConnectionRegistration registration = Register(fake);
        BreakOffCreation(fake, OurKey);
        await Assert.ThrowsAsync<UserErrorException>(() => registration.CreateAsync(TestContext.Current.CancellationToken));
        Assert.Null(registration.Uid);

        await registration.EnsureAsync(TestContext.Current.CancellationToken);

        Assert.NotNull(registration.Uid);
    }

    [Theory]
    [InlineData("connections.landline.dev is forbidden: User 'a' cannot create resource 'connections' in API group 'landline.dev'", "connection-forbidden")]
    [InlineData("connections.landline.dev 'a' is forbidden: exceeded quota: few", "connection-denied")]
    public async Task Only_missing_rights_are_said_to_be_missing_rights(string refusal, string code)
    {
        await using FakeCluster fake = await FakeCluster.StartAsync();
        fake.Server.Answer = async context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await context.Response.WriteAsync(new JsonObject { ["kind"] = "Status", ["message"] = refusal }.ToJsonString());
            return true;
        };

        var error = await Assert.ThrowsAsync<UserErrorException>(() => Register(fake).CreateAsync(TestContext.Current.CancellationToken));

        Assert.Equal(code, error.Code);
        Assert.Equal(code == "connection-denied", error.Message.Contains(refusal, StringComparison.Ordinal));
    }

    private ConnectionRegistration Register(FakeCluster fake)
    {
        var request = new ConnectRequest { Name = "default", Namespace = "work", ManagerNamespace = "landline" };
        KubernetesClient client = fake.Connect();
        _absence = new WorkstationAbsence(_time, client.Clock);
        return new ConnectionRegistration(client, request, OurKey, _absence, TimeProvider.System, NullLogger.Instance);
    }

    // The object is made, and nobody learns of it.
    private static void BreakOffCreation(FakeCluster fake, string key) => fake.Server.Answer = async context =>
    {
        if (context.Request.Method != HttpMethods.Post)
        {
            return false;
        }

        JsonNode item = (await JsonNode.ParseAsync(context.Request.Body))!;
        item["spec"]!["publicKeyFingerprint"] = key;
        fake.Server.Objects.Put($"{Collection}/{item["metadata"]!["name"]}", item.AsObject());
        context.Abort();
        return true;
    };

    private static void FailDeletions(FakeCluster fake, HttpStatusCode? failure, int count) => fake.Server.Answer = context =>
    {
        if (context.Request.Method != HttpMethods.Delete || count-- <= 0)
        {
            return Task.FromResult(false);
        }

        if (failure is { } status)
        {
            context.Response.StatusCode = (int)status;
        }
        else
        {
            context.Abort();
        }

        return Task.FromResult(true);
    };
}
