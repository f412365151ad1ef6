using FsCheck;
using FsCheck.Fluent;
using Landline.Kubernetes.Configuration;

namespace Landline.Tests.Kubernetes.Configuration;

public sealed class KubeconfigProperties
{
    private static readonly string[] Fragments =
    [
        "current-context: x\n", "contexts:\n", "- name: x\n", "  context: {cluster: c, user: u}\n", "clusters:\n", "- name: c\n",
        "  cluster: {server: \"https://c\"}\n", "users: [{name: u, user: {", "token: 1", "}}]\n", "exec: {command: a, args: [1, {}]}", "- ", "&a ", "*a ",
        "<<: *a\n", "? ", "|\n", ">-\n", "%YAML 1.2\n", "---\n", "...\n", "!!binary ", "!<x> ", "\"\\x", "'", "[", "]", "{", "}", ":", "\t", "\u0000", "\ufeff",
    ];

    /// <summary>Whatever is in the file, loading ends with settings or with a sentence.</summary>
    [Fact]
    public void Any_garbage_is_answered_with_a_sentence()
    {
        using var folder = new ConfigurationFolder();
        Gen<string> garbage = Gen.OneOf(
            Gen.ArrayOf(Gen.Elements(Fragments)).Select(string.Concat),
            Gen.ArrayOf(Gen.Choose(0, 0xff).Select(c => (char)c)).Select(chars => new string(chars)));

        Prop.ForAll(garbage.ToArbitrary(), text =>
        {
            try
            {
                folder.LoadText(text);
            }
            catch (KubernetesConfigurationException e)
            {
                Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }
}
