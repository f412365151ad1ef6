using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Security;

/// <summary>The user <c>developer</c> has the ClusterRole landline-user bound in one namespace, and nothing more.</summary>
[Collection(SharedTidyScene.Name)]
public sealed class DeveloperTests(ServerScene scene, DeveloperTests.Rights rights) : ClusterTest(scene), IClassFixture<DeveloperTests.Rights>
{
    private static readonly Laptop Developer = Laptop.Root.With(Lab.KubeconfigOf("developer"));

    /// <summary>Two namespaces, one of which the developer may use.</summary>
    public sealed class Rights(ServerScene scene) : SceneAddition(scene)
    {
        private TestNamespace? _forbidden;

        public TestNamespace Forbidden => _forbidden!;

        protected override async Task RemoveAsync()
        {
            if (_forbidden is not null)
            {
                await _forbidden.DisposeAsync();
            }
        }

        protected override async Task DeployAsync()
        {
            _forbidden = await TestNamespace.CreateAsync("forbidden");
            await Scene.Namespace.KubectlAsync("create", "rolebinding", "connect", "--clusterrole=landline-user", "--user=developer");
        }
    }

    [ClusterFact]
    public async Task The_developer_connects_and_reaches_the_service()
    {
        await Developer.ConnectAsync(Namespace.Name);
        try
        {
            Assert.StartsWith("hello from server-", await Developer.CurlAsync("http://server:8080/"), StringComparison.Ordinal);
        }
        finally
        {
            await Developer.QuitAsync();
        }

        Assert.Equal("", await Namespace.KubectlAsync("get", "connections.landline.dev", "-o", "name"));
    }

    [ClusterFact]
    public async Task Another_namespace_is_refused_in_one_sentence()
    {
        ProgramResult result = await Developer.LandlineAsync("connect", "-n", rights.Forbidden.Name);

        Assert.Contains(rights.Forbidden.Name, result.FailedWithAdvice().Sentence, StringComparison.Ordinal);
        await LaptopState.AssertIsAgainAsync(scene.Before);
    }

    [ClusterFact]
    public async Task The_role_gives_no_right_beyond_the_two_resources()
    {
        foreach (string[] beyond in new[] { new[] { "get", "secrets" }, ["create", "pods"], ["create", "pods/exec"], ["patch", "deployments.apps"] })
        {
            ProgramResult answer = await Kubectl.RunAsync(["auth", "can-i", .. beyond, "-n", Namespace.Name, "--as=developer", "--as-group=developers", "--as-group=system:authenticated"]);

            Assert.Equal("no\n", answer.Output);
        }
    }
}
