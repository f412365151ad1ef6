using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Landline.Daemon.Attachments;
using Landline.Protocol.Api;

namespace Landline.Tests.Daemon.Attachments;

public sealed class EnvironmentReaderTests
{
    private const string Facts = """{"pod":"web-1","container":"app","mounts":["/data"]}""";

    [Fact]
    public void A_line_of_facts_comes_first_and_then_entries_that_end_with_zero()
    {
        WorkloadEnvironment environment = Parse(Facts + "\nA=1\0B=two\nlines\0C=\0D=x=y\0");

        Assert.Equal(("web-1", "app", "/data"), (environment.Pod, environment.Container, Assert.Single(environment.Mounts)));
        Assert.Equal(
            new Dictionary<string, string> { ["A"] = "1", ["B"] = "two\nlines", ["C"] = "", ["D"] = "x=y" }, environment.Variables);
    }

    [Fact]
    public void Of_several_entries_with_one_name_the_first_counts_and_what_is_no_entry_is_left_out() =>
        Assert.Equal(
            new Dictionary<string, string> { ["A"] = "1" }, Parse(Facts + "\nA=1\0A=2\0nonsense\0=B\0").Variables);

    [Fact]
    public void A_container_without_variables_has_none() => Assert.Empty(Parse(Facts + "\n").Variables);

    [Theory]
    [InlineData("")]
    [InlineData(Facts)]
    [InlineData(Facts + "\nA=1")]
    public void What_is_cut_off_is_no_environment(string answer) => Assert.Throws<InvalidDataException>(() => Parse(answer));

    [Fact]
    public void Garbage_is_refused_and_nothing_worse() => Prop.ForAll<byte[]>(bytes =>
    {
        try
        {
            EnvironmentReader.Parse(bytes);
        }
        catch (Exception e) when (e is InvalidDataException or JsonException)
        {
            return;
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Values_are_not_printed() => Assert.DoesNotContain("s3cret", Parse(Facts + "\nPASSWORD=s3cret\0").ToString(), StringComparison.Ordinal);

    private static WorkloadEnvironment Parse(string answer) => EnvironmentReader.Parse(Encoding.UTF8.GetBytes(answer));
}
