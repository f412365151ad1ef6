using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Names;

/// <summary>
/// Beside the service that the laptop is connected to: a headless service, an ExternalName and a service of 150 addresses; a second
/// namespace has a service too.
/// </summary>
public sealed class NamesAddition(CommonScene scene) : SceneAddition(scene)
{
    public const int ManyAddresses = 150;

    private TestNamespace? _other;

    public TestNamespace Other => _other!;

    protected override async Task DeployAsync()
    {
        _other = await TestNamespace.CreateAsync("names-other");
        Task elsewhere = _other.DeployAsync(TestServer.Deployment("elsewhere"));
        await Scene.Namespace.DeployAsync(
            TestServer.HeadlessPod("headless", "web-0"),
            $$"""
            apiVersion: v1
            kind: Service
            metadata: {name: outside}
            spec: {type: ExternalName, externalName: elsewhere.{{_other.Name}}.svc.cluster.local}
            """,
            ManyEndpoints());
        await elsewhere;
    }

    protected override async Task RemoveAsync()
    {
        if (_other is not null)
        {
            await _other.DisposeAsync();
        }
    }

    private static string ManyEndpoints()
    {
        string addresses = string.Join(", ", Enumerable.Range(1, ManyAddresses).Select(number => $"{{ip: 10.244.200.{number}}}"));
        return $$"""
            apiVersion: v1
            kind: Service
            metadata: {name: many}
            spec:
              clusterIP: None
              ports: [{name: http, port: 80}]
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: many}
            subsets: [{addresses: [{{addresses}}], ports: [{name: http, port: 80}]}]
            """;
    }
}
