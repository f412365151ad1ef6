using Landline.Kubernetes.Configuration;

namespace Landline.Tests.Kubernetes.Configuration;

public sealed class ProxyRulesTests
{
    [Theory]
    [InlineData("https://api.example.com:6443", "", false)]
    [InlineData("https://api.example.com:6443", "*", true)]
    [InlineData("https://api.example.com:6443", "other.com, example.com", true)]
    [InlineData("https://api.example.com:6443", ".example.com", true)]
    [InlineData("https://example.com", ".example.com", false)]
    [InlineData("https://example.com", "example.com", true)]
    [InlineData("https://notexample.com", "example.com", false)]
    [InlineData("https://api.example.com:6443", "*.example.com", true)]
    [InlineData("https://api.example.com:6443", "API.EXAMPLE.COM", true)]
    [InlineData("https://api.example.com:6443", "api.example.com:6443", true)]
    [InlineData("https://api.example.com:6443", "api.example.com:443", false)]
    [InlineData("https://10.1.2.3:6443", "10.0.0.0/8", true)]
    [InlineData("https://11.1.2.3:6443", "10.0.0.0/8", false)]
    [InlineData("https://10.1.2.3:6443", "10.1.2.3", true)]
    [InlineData("https://10.1.2.3:6443", "10.1.2.3:6443", true)]
    [InlineData("https://[fd00::1]:6443", "fd00::/16", true)]
    [InlineData("https://[fd00::1]:6443", "[fd00::1]:6443", true)]
    [InlineData("https://[fd00::1]:6443", "fd00::2", false)]
    [InlineData("https://localhost:6443", "", true)]
    [InlineData("https://127.0.0.1:6443", "", true)]
    [InlineData("https://[::1]:6443", "", true)]
    public void NO_PROXY_exempts_what_kubectl_exempts(string server, string noProxy, bool exempt)
    {
        Assert.Equal(exempt, ProxyRules.IsExempt(new Uri(server), noProxy));
    }

    [Theory]
    [InlineData("https://api", "HTTPS_PROXY", "http://p:3128", "http://p:3128/")]
    [InlineData("https://api", "https_proxy", "p:3128", "http://p:3128/")]
    [InlineData("https://api", "HTTPS_PROXY", "socks5://p:1080", "socks5://p:1080")]
    [InlineData("https://api", "HTTP_PROXY", "http://p:3128", null)]
    [InlineData("http://api", "HTTP_PROXY", "http://p:3128", "http://p:3128/")]
    public void The_variable_for_the_servers_scheme_counts(string server, string variable, string value, string? proxy)
    {
        using var folder = new ConfigurationFolder();
        folder.Set(variable, value);

        Assert.Equal(proxy?.TrimEnd('/'), ProxyRules.FromEnvironment(new Uri(server), folder.Machine)?.ToString().TrimEnd('/'));
    }

    [Fact]
    public void A_variable_that_holds_no_address_is_named_without_its_value()
    {
        using var folder = new ConfigurationFolder();
        folder.Set("HTTPS_PROXY", "gopher://user:secret@p");

        var error = Assert.Throws<KubernetesConfigurationException>(() => ProxyRules.FromEnvironment(new Uri("https://api"), folder.Machine));

        Assert.Equal("The environment variable HTTPS_PROXY holds no address of a proxy.", error.Message);
    }
}
