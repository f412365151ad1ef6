using System.Net;
using System.Text.Json.Nodes;
using Landline.Daemon.Connections;
using Landline.FunctionalTests.Kubernetes;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Daemon;

/// <summary>No Connection object outlives its connection, whatever the API server does in between.</summary>
public sealed class ConnectionRegistrationTests
{
    private const string Collection = "/apis/landline.dev/v1/namespaces/work/connections";
    private static readonly string OurKey = $"sha256:{new string('a', 64)}";
    private static readonly string AnotherKey = $"sha256:{new string('b', 64)}";

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

    private static ConnectionRegistration Register(FakeCluster fake)
    {
        var request = new ConnectRequest { Name = "default", Namespace = "work", ManagerNamespace = "landline" };
        return new ConnectionRegistration(fake.Connect(), request, OurKey, TimeProvider.System, NullLogger.Instance);
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
