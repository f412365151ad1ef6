using Landline.Cli.Output;

namespace Landline.Tests.Cli.Output;

public sealed class CliErrorsTests
{
    [Theory]
    [InlineData(null, null, "", "There is no connection to a cluster.", "landline connect -n NAMESPACE")]
    [InlineData("web", null, "", "There is no connection to namespace 'web', and no other either.", "landline connect -n web")]
    [InlineData("web", null, "shop of lab", "There is no connection to namespace 'web'; there is shop of lab.", "landline connect -n web")]
    [InlineData(null, "far", "shop of lab", "There is no connection to context 'far'; there is shop of lab.", "landline connect -n NAMESPACE --context far")]
    [InlineData("web", "far", "", "There is no connection to namespace 'web' of context 'far', and no other either.", "landline connect -n web --context far")]
    public void A_connection_that_there_is_not_is_told_with_those_that_there_are(
        string? @namespace, string? context, string standing, string sentence, string command)
    {
        var error = CliErrors.ConnectionMissing(@namespace, context, standing.Length == 0 ? [] : [standing]);

        Assert.Equal(sentence, error.Message);
        Assert.Equal($"Connect first with: {command}", error.Hint);
    }
}
