using System.CommandLine;
using Landline.Cli;
using Landline.Cli.Commands;
using Landline.Cli.Output;

namespace Landline.Tests.Cli;

public sealed class UnknownOptionTests
{
    public static TheoryData<string> Commands => [.. Paths(LandlineCommand.Create(), [])];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task No_command_takes_an_option_that_it_does_not_have(string command)
    {
        string[] path = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string named = string.Join(' ', path.Prepend("landline"));

        (int exitCode, string errors) = await RunAsync([.. path, "-x"]);

        Assert.Equal($"error: '-x' is no option of {named}.\n hint: See what there is with: {named} --help\n", errors);
        Assert.Equal(ExitCodes.Usage, exitCode);
    }

    [Theory]
    [InlineData("detach -x", "'-x'")]
    [InlineData("detach web --force", "'--force'")]
    [InlineData("leave -x", "'-x'")]
    [InlineData("intercept --prt 80", "'--prt'")]
    [InlineData("intercept web --prt 80:http -- ls -l", "'--prt'")]
    [InlineData("intercept web -w -x", "'-x'")]
    [InlineData("intercept web --http-header -x", "'-x'")]
    [InlineData("intercept web -e --jsn", "'--jsn'")]
    [InlineData("connect --grace -5m", "'-5m'")]
    [InlineData("connect -x -- ls", "'-x'")]
    [InlineData("wiretap web --when-unavailable refuse", "'--when-unavailable'")]
    [InlineData("ingest web -p 80", "'-p'")]
    [InlineData("replace web --http-method GET", "'--http-method'")]
    [InlineData("quit --name -x", "'-x'")]
    [InlineData("completion -x", "'-x'")]
    [InlineData("gather-logs -o -x", "'-x'")]
    [InlineData("logs --name --folow", "'--folow'")]
    public async Task An_option_that_there_is_not_is_never_taken_for_a_value(string commandLine, string option)
    {
        (int exitCode, string errors) = await RunAsync(commandLine.Split(' '));

        Assert.StartsWith($"error: {option} is no option of landline ", errors, StringComparison.Ordinal);
        Assert.Equal(2, errors.Count(c => c == '\n'));
        Assert.Equal(ExitCodes.Usage, exitCode);
    }

    [Fact]
    public async Task Each_of_several_is_told_once()
    {
        (_, string errors) = await RunAsync("detach", "-x", "--yes", "-x");

        Assert.StartsWith(
            "error: '-x' is no option of landline detach.\nerror: '--yes' is no option of landline detach.\n hint: ",
            errors,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("intercept web -w job/x --http-header=-x=1", "'job/x' is no workload")]
    [InlineData("intercept -w job/x -- -x", "'-x' cannot name an attachment")]
    [InlineData("intercept web -w job/x -- ls -l --all", "'job/x' is no workload")]
    [InlineData("intercept web -w job/x -e -", "'job/x' is no workload")]
    public async Task A_dash_is_allowed_where_it_is_meant(string commandLine, string otherMistake)
    {
        (_, string errors) = await RunAsync(commandLine.Split(' '));

        Assert.DoesNotContain("is no option", errors, StringComparison.Ordinal);
        Assert.Contains(otherMistake, errors, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Paths(Command command, string[] path) =>
        command.Subcommands
            .SelectMany(sub => Paths(sub, [.. path, sub.Name]))
            .Prepend(string.Join(' ', path));

    private static async Task<(int ExitCode, string Errors)> RunAsync(params string[] arguments)
    {
        var errors = new StringWriter { NewLine = "\n" };
        int exitCode = await CommandLine.RunAsync(arguments, TextWriter.Null, errors);
        return (exitCode, errors.ToString());
    }
}
