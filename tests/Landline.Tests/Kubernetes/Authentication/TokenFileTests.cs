using Landline.Kubernetes.Authentication;
using Landline.Kubernetes.Configuration;
using Landline.Tests.Kubernetes.Configuration;
using Landline.TestSupport;

namespace Landline.Tests.Kubernetes.Authentication;

/// <summary>A token that somebody keeps renewing in a file.</summary>
public sealed class TokenFileTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly CredentialProvider _provider;

    public TokenFileTests()
    {
        _folder.Write("token", "first");
        _provider = new CredentialProvider(new UserCredentials { TokenFile = $"{_folder.Root}/token", Origin = "a test" }, _time);
    }

    public void Dispose()
    {
        _provider.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_was_in_a_file_that_cannot_be_read_is_good_until_it_is_refused()
    {
        RequestCredentials first = await _provider.GetAsync(Deadline.Token);
        File.Delete($"{_folder.Root}/token");
        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("Bearer first", (await _provider.GetAsync(Deadline.Token)).Authorization!.ToString());

        _provider.Forget(first);
        await Assert.ThrowsAsync<KubernetesConfigurationException>(async () => await _provider.GetAsync(Deadline.Token));
    }

    [Fact]
    public async Task A_file_that_is_back_is_read_at_once()
    {
        await _provider.GetAsync(Deadline.Token);
        File.Delete($"{_folder.Root}/token");
        _time.Advance(TimeSpan.FromMinutes(1));
        await _provider.GetAsync(Deadline.Token);

        _folder.Write("token", "second");

        Assert.Equal("Bearer second", (await _provider.GetAsync(Deadline.Token)).Authorization!.ToString());
    }
}
