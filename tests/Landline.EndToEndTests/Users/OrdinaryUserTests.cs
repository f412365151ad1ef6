using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Users;

/// <summary>An ordinary user with sudo: only the net helper is root.</summary>
[Collection(SharedServerScene.Name)]
public sealed class OrdinaryUserTests(ServerScene scene, OrdinaryUser user) : ClusterTest(scene), IClassFixture<OrdinaryUser>
{
    [ClusterFact]
    public async Task The_daemon_runs_as_the_user_and_only_the_helper_as_root()
    {
        await user.Laptop.ConnectAsync(Namespace.Name);

        int daemon = Assert.Single(await LaptopProcesses.DaemonsAsync());
        int helper = Assert.Single(await LaptopProcesses.HelpersAsync());
        Assert.NotEqual(0, await LaptopProcesses.UserOfAsync(daemon));
        Assert.Equal(0, await LaptopProcesses.UserOfAsync(helper));
        Assert.StartsWith("hello from server-", await user.Laptop.CurlAsync("http://server:8080/"), StringComparison.Ordinal);

        await user.Laptop.QuitAsync();
        await LaptopState.AssertIsAgainAsync(scene.Before);
    }

    [ClusterFact]
    public async Task After_kill_9_of_the_users_daemon_everything_is_as_before()
    {
        await user.Laptop.ConnectAsync(Namespace.Name);

        await LaptopProcesses.KillAsync(await LaptopProcesses.DaemonsAsync());

        await LaptopState.AssertIsAgainAsync(scene.Before);
    }

    [ClusterFact]
    public async Task Nothing_that_the_user_leaves_in_the_file_system_is_open_to_others()
    {
        await user.Laptop.ConnectAsync(Namespace.Name);

        string open = await user.Laptop.SucceedAsync("find", user.Laptop.RuntimeDirectory, "-maxdepth", "0", "-perm", "/077");

        Assert.Equal("", open);
        await user.Laptop.QuitAsync();
    }
}
