using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Errors;

/// <summary>A machine that has other use for the cluster's addresses.</summary>
[Collection(SharedTidyScene.Name)]
public sealed class RouteErrorTests(ServerScene scene) : ClusterTest(scene)
{
    [ClusterFact]
    public async Task A_route_of_the_machine_that_the_cluster_would_take_is_named_with_the_way_out()
    {
        Untouched before = await Untouched.SeeAsync(Namespace.Name);
        await Laptop.Root.SucceedAsync("ip", "route", "add", "10.96.64.0/18", "via", Lab.CloudAddress);
        try
        {
            (string sentence, string hint) = (await Laptop.Root.LandlineAsync("connect", "-n", Namespace.Name)).FailedWithAdvice();

            Assert.Contains("10.96.64.0/18", sentence, StringComparison.Ordinal);
            Assert.Contains("--never-proxy", hint, StringComparison.Ordinal);
        }
        finally
        {
            await Laptop.Root.SucceedAsync("ip", "route", "del", "10.96.64.0/18");
        }

        await before.AssertAsync();
    }
}
