using Landline.Kubernetes;
using Landline.Kubernetes.Configuration;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Kubernetes;

/// <summary>A fake API server and a client that found it through a kubeconfig.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-fake-").FullName;
    private readonly List<KubernetesClient> _clients = [];

    private FakeCluster(FakeApiServer server) => Server = server;

    public FakeApiServer Server { get; }

    public string Folder => _folder;

    public static async Task<FakeCluster> StartAsync() => new(await FakeApiServer.StartAsync());

    public static async Task<FakeCluster> StartAsync(params string[] names) => new(await FakeApiServer.StartAsync(names));

    public KubernetesClient Connect() => Connect("token: good");

    public KubernetesClient Connect(string user) => Connect(Server.Kubeconfig(user), new KubeconfigOptions(), TimeProvider.System);

    public KubernetesClient Connect(string kubeconfig, KubeconfigOptions options, TimeProvider time)
    {
        string path = Path.Combine(_folder, "config");
        File.WriteAllText(path, kubeconfig);
        ClusterSettings settings = KubernetesConfiguration.Load(options with { Path = path });
        var client = new KubernetesClient(settings, time, NullLogger.Instance);
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
