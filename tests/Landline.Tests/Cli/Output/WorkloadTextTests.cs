using Landline.Cli.Output;
using Landline.Protocol.Api;

namespace Landline.Tests.Cli.Output;

public sealed class WorkloadTextTests
{
    private const string Sentence = "The rollouts.argoproj.io cannot be listed: forbidden.";

    private static readonly WorkloadInfo Web = new() { Kind = "Deployment", Name = "web", ReadyReplicas = 2, Services = ["web"] };

    [Fact]
    public void An_empty_namespace_says_so() => Assert.Equal("Namespace shop has no workloads.\n", Write([], []));

    [Fact]
    public void What_could_not_be_listed_is_said_below_the_workloads() => Assert.Equal(
        $"""
        WORKLOAD        READY  SERVICES  STATE
        deployment/web  2      web       can be attached to
        Not complete: {Sentence}

        """,
        Write([Web], [Sentence]));

    [Fact]
    public void A_namespace_of_which_not_all_is_known_is_not_said_to_be_empty() => Assert.Equal(
        $"Namespace shop has no workloads that could be listed.\nNot complete: {Sentence}\n", Write([], [Sentence]));

    private static string Write(IReadOnlyList<WorkloadInfo> workloads, IReadOnlyList<string> unlisted)
    {
        using var output = new StringWriter { NewLine = "\n" };
        WorkloadText.Write(output, new WorkloadReport("shop", workloads) { Unlisted = unlisted });
        return output.ToString();
    }
}
