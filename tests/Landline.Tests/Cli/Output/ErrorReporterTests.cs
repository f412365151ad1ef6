using Landline.Cli.Output;
using Landline.Protocol.Errors;

namespace Landline.Tests.Cli.Output;

public sealed class ErrorReporterTests
{
    [Fact]
    public void A_user_error_is_one_sentence_and_one_hint_and_exit_code_1()
    {
        (int exitCode, string text) = Report(new UserErrorException("code", "It did not work.", "Try again."));

        Assert.Equal(1, exitCode);
        Assert.Equal("error: It did not work.\n hint: Try again.\n", text);
    }

    [Fact]
    public void A_reason_of_several_lines_is_told_in_one()
    {
        (_, string text) = Report(new UserErrorException("code", "The cluster refused it: denied by\n\nprivileged:\n  rule one: no.", "Ask\nsomebody"));

        Assert.Equal("error: The cluster refused it: denied by privileged: rule one: no.\n hint: Ask somebody\n", text);
    }

    [Fact]
    public void An_interruption_is_exit_code_130_without_a_word()
    {
        (int exitCode, string text) = Report(new OperationCanceledException());

        Assert.Equal(130, exitCode);
        Assert.Empty(text);
    }

    [Fact]
    public void A_defect_says_so_and_what_to_send_and_is_exit_code_70()
    {
        (int exitCode, string text) = Report(new InvalidOperationException("Broken."));

        Assert.Equal(70, exitCode);
        Assert.StartsWith("error: An unexpected failure: InvalidOperationException: Broken.\n", text, StringComparison.Ordinal);
        Assert.Contains("landline gather-logs", text, StringComparison.Ordinal);
    }

    private static (int ExitCode, string Text) Report(Exception exception)
    {
        var errors = new StringWriter { NewLine = "\n" };
        int exitCode = ErrorReporter.Report(exception, errors);
        return (exitCode, errors.ToString());
    }
}
