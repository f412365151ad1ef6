using System.CommandLine;
using Landline.Cli.Daemons;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary><c>landline status</c>.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var format = FormatOption.Create();
        var command = new Command("status", "Show what is connected") { format };
        command.SetAction(async (parse, cancellationToken) =>
        {
            RuntimeDirectory runtime = RuntimeDirectory.ForCurrentUser(Environment.GetEnvironmentVariable);
            StatusReport report = await new RunningDaemons(runtime, TimeProvider.System).ReportAsync(cancellationToken);
            FactWriter.Write(
                parse.InvocationConfiguration.Output,
                parse.GetValue(format),
                report,
                static () => DaemonJson.Default.StatusReport,
                StatusText.Write);
            return ExitCodes.Done;
        });
        return command;
    }
}
