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
                errors.Write($"error: {user.Message}\n hint: {user.Hint}\n");
                return ExitCodes.UserError;
            case OperationCanceledException:
                return ExitCodes.Interrupted;
            default:
                errors.Write($"error: An unexpected failure: {exception.GetType().Name}: {exception.Message}\n"
                    + " hint: This is a defect. Please report it with the file that this makes: landline gather-logs -o logs.zip\n");
                return ExitCodes.Defect;
        }
    }
}
