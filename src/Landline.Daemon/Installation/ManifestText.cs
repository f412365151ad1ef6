using System.Net;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace Landline.Daemon.Installation;

/// <summary>The manifests of deploy/manifests, which are inside this assembly, filled in.</summary>
internal static partial class ManifestText
{
    private const string ResourcePrefix = "manifests/";

    /// <summary>Of this program, which is also the manager's: they are released together.</summary>
    public static string Version { get; } =
        typeof(ManifestText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    /// <summary>All of them as one YAML text, in the order in which they are to be applied.</summary>
    public static string Fill(InstallOptions options)
    {
        var text = new StringBuilder();
        foreach (string name in Names())
        {
            text.Append("---\n").Append(FillIn(Read(name), options).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<string> Names() => typeof(ManifestText).Assembly.GetManifestResourceNames()
        .Where(static name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    private static string Read(string name)
    {
        using Stream resource = typeof(ManifestText).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }

    // A value comes from the command line: what could change the meaning of the YAML around it is refused.
    private static string FillIn(string template, InstallOptions options) => Placeholder().Replace(template, match => match.Value switch
    {
        "${NAMESPACE}" when NamespaceName().IsMatch(options.Namespace) => options.Namespace,
        "${NAMESPACE}" => throw InstallationErrors.OptionInvalid("--manager-namespace", options.Namespace, "a namespace is lower-case letters, digits and '-'"),
        "${IMAGE}" when ImageName().IsMatch(options.EffectiveImage) => options.EffectiveImage,
        "${IMAGE}" => throw InstallationErrors.OptionInvalid("--image", options.EffectiveImage, "an image is like registry.example.com/landline:1.0"),
        "${PULL_POLICY}" when options.EffectivePullPolicy is "Never" or "IfNotPresent" or "Always" => options.EffectivePullPolicy,
        "${PULL_POLICY}" => throw InstallationErrors.OptionInvalid("--image-pull-policy", options.EffectivePullPolicy, "it is Never, IfNotPresent or Always"),
        "${ACCESS_GROUP}" when GroupName().IsMatch(options.EffectiveAccessGroup) => options.EffectiveAccessGroup,
        "${ACCESS_GROUP}" => throw InstallationErrors.OptionInvalid("--access-group", options.EffectiveAccessGroup, "a group has no quotes and no spaces"),
        "${DENIED_SUBNETS}" => string.Join(',', (options.DeniedSubnets ?? []).Select(Subnet)),
        "${VERSION}" => Version,
        var other => throw new InvalidOperationException($"The manifests have a placeholder that nobody fills: {other}"),
    });

    private static string Subnet(string value) => IPNetwork.TryParse(value, out IPNetwork subnet)
        ? subnet.ToString()
        : throw InstallationErrors.OptionInvalid("--deny-subnet", value, "a subnet is like 203.0.113.0/24 or 2001:db8::/32");

    [GeneratedRegex(@"\$\{[A-Z_]+\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant)]
    private static partial Regex NamespaceName();

    [GeneratedRegex("^[A-Za-z0-9][-A-Za-z0-9._:/@]{0,511}$", RegexOptions.CultureInvariant)]
    private static partial Regex ImageName();

    [GeneratedRegex(@"^[^\s""'\\]{1,253}$", RegexOptions.CultureInvariant)]
    private static partial Regex GroupName();
}
