namespace Landline.EndToEndTests.Fixtures;

/// <summary>A namespace with the test server in it, named <c>server</c>, and nobody connected.</summary>
public class ServerScene : ClusterScene
{
    protected override string Topic => "server";

    protected override Task PrepareAsync() => Namespace.DeployAsync(TestServer.Deployment("server"));
}

/// <summary>The same, and root on the laptop is connected to it.</summary>
public sealed class ConnectedScene : ServerScene
{
    protected override string Topic => "connected";

    protected override async Task PrepareAsync()
    {
        await base.PrepareAsync();
        await Laptop.Root.ConnectAsync(Namespace.Name);
    }
}
