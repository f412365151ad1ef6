using Landline.Cluster.Manager.Watching;

namespace Landline.Tests.Cluster.Manager.Attachments;

/// <summary>An attachment is of one Connection, not of a name.</summary>
public sealed class ConnectionIdentityTests : IAsyncLifetime
{
    private ControllerScene _scene = null!;

    public async ValueTask InitializeAsync()
    {
        _scene = await ControllerScene.StartAsync();
        _scene.Connect("alice");
        _scene.PutDeployment("web");
        _scene.PutPod("web-1", "web");
    }

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task Who_makes_a_Connection_of_a_name_that_was_somebody_elses_gets_nothing_of_what_that_one_had()
    {
        await _scene.AttachedAsync(_scene.Attach("alice", "first", "Intercept", "web"));

        _scene.Connect("alice");

        Assert.Equal(
            ("ConnectionNotFound", "The Connection 'alice' that it was made for is gone; the one that has its name now is another."),
            await _scene.RefusalAsync("first"));
        Assert.Empty(_scene.Controller.Attached);
        Assert.Null(_scene.Registry.Find(new ObjectKey("shop", "first")));
    }

    [Fact]
    public async Task A_workload_comes_back_when_the_Connection_is_another_though_the_attachment_is_still_there()
    {
        _scene.Attach("alice", "first", "Replace", "web");
        await _scene.ImageAsync("web", "landline:1");

        _scene.Connect("alice");

        await _scene.ImageAsync("web", "app:1");
    }

    [Fact]
    public async Task An_attachment_that_was_made_for_another_Connection_is_not_confirmed_by_the_one_that_has_its_name()
    {
        _scene.PutAttachment("alice", "first", "Intercept", "web", owner: "another");
        _scene.Confirm("alice", "first");

        Assert.Equal("ConnectionNotFound", (await _scene.RefusalAsync("first")).Reason);
        Assert.Empty(_scene.Controller.Attached);
    }
}
