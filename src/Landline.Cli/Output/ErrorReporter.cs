using Landline.Protocol.Errors;

namespace Landline.Cli.Output;

/// <summary>The only place where a failure becomes words on the terminal, and a number for scripts.</summary>
internal static class ErrorReporter
{
    public static int Report(Exception exception, TextWriter errors)
    {
        switch (exception)
        {
            case UserErrorException user:
                errors.Write($"error: {OneLine(user.Message)}\n hint: {OneLine(user.Hint)}\n");
                return ExitCodes.UserError;
            case OperationCanceledException:
                return ExitCodes.Interrupted;
            default:
                errors.Write($"error: An unexpected failure: {exception.GetType().Name}: {exception.Message}\n"
                    + " hint: This is a defect. Please report it with the file that this makes: landline gather-logs -o logs.zip\n");
                return ExitCodes.Defect;
        }
    }

    // A sentence may quote a server's, which may be a list.
    private static string OneLine(string text) =>
        string.Join(' ', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
