using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Tests.Daemon.Connections;

/// <summary>The option <c>--kubeconfig</c> names one file that must be there; the variable may name several, and some that are not.</summary>
public sealed class ClusterTargetTests : IDisposable
{
    private const string Kubeconfig =
        """
        current-context: two
        contexts: [{name: one, context: {cluster: c}}, {name: two, context: {cluster: c}}]
        clusters: [{name: c, cluster: {server: "https://c"}}]
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("landline-").FullName;

    [Fact]
    public void A_file_that_does_not_exist_is_an_error()
    {
        string path = Path.Combine(_folder, "confg");

        var error = Assert.Throws<UserErrorException>(() => ClusterTarget.Load(path, null, null, null));
        var fromRequest = Assert.Throws<UserErrorException>(() => ClusterTarget.Load(Request with { KubeconfigFile = path, Kubeconfig = Write("config") }));

        Assert.Equal($"The kubeconfig {path} does not exist.", error.Message);
        Assert.Equal(error.Message, fromRequest.Message);
    }

    [Fact]
    public void A_colon_in_a_files_name_separates_nothing() =>
        Assert.Equal("two", ClusterTarget.Load(Write("a:b"), null, null, null).Context);

    [Fact]
    public void The_variable_has_a_list_of_which_some_may_be_missing() => Assert.Equal(
        "two", ClusterTarget.Load(Request with { Kubeconfig = $"{_folder}/nothing:{Write("config")}" }).Context);

    [Fact]
    public void Completion_offers_the_contexts_or_nothing()
    {
        Assert.Equal(["one", "two"], ClusterTarget.ContextNames(Write("config")));
        Assert.Empty(ClusterTarget.ContextNames($"{_folder}/nothing"));
    }

    [Fact]
    public void One_file_is_the_same_by_option_and_by_variable()
    {
        ConnectRequest byOption = Request with { KubeconfigFile = "/a" };
        ConnectRequest byVariable = Request with { Kubeconfig = "/a" };

        Assert.True(byOption.AsksForTheSameAs(byVariable));
        Assert.False(byOption.AsksForTheSameAs(Request));
        Assert.Equal("", ConnectDifference.Between(byOption, byVariable));
        Assert.Equal("kubeconfig is /a, not left out", ConnectDifference.Between(byOption, Request));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ConnectRequest Request => new() { Name = "lab", Namespace = "default" };

    private string Write(string name)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, Kubeconfig);
        return path;
    }
}
