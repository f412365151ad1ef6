using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using Landline.Cli.Commands;
using Landline.Cli.Launching;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Daemon.Attachments.Mounts;

namespace Landline.Cli;

/// <summary>From arguments to an exit code; everything of Main that tests want to call.</summary>
internal static class CommandLine
{
    // @file is a file name to most commands that stand after --, and not a list of arguments.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    // Whoever says nothing wants to know what there is to say.
    private static readonly string[] Nothing = ["--help"];

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors)
    {
        try
        {
            if (CompletionCommand.AsksBehindDashes(arguments))
            {
                return ExitCodes.Done; // Another program's words, of which the shell knows more.
            }

            ParseResult parse = LandlineCommand.Create().Parse(arguments.Count == 0 ? Nothing : arguments, Parsing);
            var wrong = UsageErrors.Of(parse, arguments);
            if (wrong.Count > 0 && parse.Action is not System.CommandLine.Help.HelpAction)
            {
                return ReportUsage(parse, wrong, errors);
            }

            return await InvokeNotedAsync(parse, output, errors);
        }
        catch (Exception e)
        {
            return ErrorReporter.Report(e, errors);
        }
    }

    private static async Task<int> InvokeAsync(ParseResult parse, TextWriter output, TextWriter errors)
    {
        using var interrupted = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = CancelOn(PosixSignal.SIGINT, interrupted);
        using PosixSignalRegistration terminate = CancelOn(PosixSignal.SIGTERM, interrupted);
        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = errors,
            EnableDefaultExceptionHandler = false,

            // Null: signals are handled here, so that the command after -- can have them.
            ProcessTerminationTimeout = null,
        };
        if (UsesConnections(parse))
        {
            var root = new RootProgram(TimeProvider.System);
            await new ResolverRepair(root).RunIfNeededAsync(errors, interrupted.Token);
            await MountRemains.RemoveAsync(RuntimeDirectory.ForCurrentUser(Environment.GetEnvironmentVariable));
        }

        return await parse.InvokeAsync(invocation, interrupted.Token);
    }

    private static async Task<int> InvokeNotedAsync(ParseResult parse, TextWriter output, TextWriter errors)
    {
        long begin = TimeProvider.System.GetTimestamp();
        int exitCode;
        Exception? failure = null;
        try
        {
            exitCode = await InvokeAsync(parse, output, errors);
        }
        catch (Exception e)
        {
            failure = e;
            exitCode = ErrorReporter.Report(e, errors);
        }

        if (UsesConnections(parse))
        {
            CommandLog.Note(
                parse.CommandResult, exitCode, TimeProvider.System.GetElapsedTime(begin), failure, TimeProvider.System);
        }

        return exitCode;
    }

    // Not the roles, which are what such a command would start, and not what only prints.
    private static bool UsesConnections(ParseResult parse) =>
        parse.CommandResult.Command is { Hidden: false, Name: not ("version" or "completion") and not "run" }
        && parse.Action is not (System.CommandLine.Help.HelpAction or null)
        && parse.CommandResult.Parent is not null
        && !parse.Tokens.Any(token => token.Type == TokenType.Directive);

    private static PosixSignalRegistration CancelOn(PosixSignal signal, CancellationTokenSource source) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            source.Cancel();
        });

    private static int ReportUsage(ParseResult parse, IReadOnlyList<string> wrong, TextWriter errors)
    {
        foreach (string sentence in wrong)
        {
            errors.Write($"error: {sentence}\n");
        }

        errors.Write($" hint: See what there is with: {UsageErrors.CommandPath(parse.CommandResult)} --help\n");
        return ExitCodes.Usage;
    }
}
