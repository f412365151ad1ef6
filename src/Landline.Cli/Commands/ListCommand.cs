using System.CommandLine;
using Landline.Cli.Daemons;
using Landline.Cli.Output;
using Landline.Protocol.Api;

namespace Landline.Cli.Commands;

/// <summary><c>landline list</c>: what can be attached to, and who is.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var connection = new ConnectionSelection();
        var format = FormatOption.Create();
        var command = new Command("list", "Show the workloads of the connection's namespace");
        connection.AddTo(command);
        command.Add(format);
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var daemon = new DaemonClient(await connection.ChooseAsync(parse, cancellationToken));
            FactWriter.Write(
                parse.InvocationConfiguration.Output,
                parse.GetValue(format),
                await daemon.WorkloadsAsync(cancellationToken),
                static () => DaemonJson.Default.WorkloadReport,
                WorkloadText.Write);
            return ExitCodes.Done;
        });
        return command;
    }
}
