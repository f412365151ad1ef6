using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Tests.Daemon.Connections;

/// <summary>
/// A daemon whose own variable KUBECONFIG is set, as it was for the command that started it. Not beside other tests, which
/// read the variable too.
/// </summary>
[CollectionDefinition(nameof(DaemonsVariableTests), DisableParallelization = true)]
[Collection(nameof(DaemonsVariableTests))]
public sealed class DaemonsVariableTests : IDisposable
{
    private const string Variable = "KUBECONFIG";

    private readonly string _folder = Directory.CreateTempSubdirectory("landline-").FullName;
    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);

    [Fact]
    public void A_command_without_the_variable_means_the_usual_file_whatever_the_daemon_has()
    {
        string path = Path.Combine(_folder, "config");
        File.WriteAllText(
            path,
            """
            current-context: strangers
            contexts: [{name: strangers, context: {cluster: c}}]
            clusters: [{name: c, cluster: {server: "https://strangers"}}]
            """);
        Environment.SetEnvironmentVariable(Variable, path);

        Assert.NotEqual("strangers", ContextOf(new ConnectRequest { Name = "lab", Namespace = "default" }));
        Assert.Equal("strangers", ContextOf(new ConnectRequest { Name = "lab", Namespace = "default", Kubeconfig = path }));
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, _before);
        Directory.Delete(_folder, recursive: true);
    }

    // The usual file may be there or not.
    private static string? ContextOf(ConnectRequest request)
    {
        try
        {
            return ClusterTarget.Load(request).Context;
        }
        catch (UserErrorException)
        {
            return null;
        }
    }
}
