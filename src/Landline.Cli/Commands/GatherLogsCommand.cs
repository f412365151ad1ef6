using System.CommandLine;
using Landline.Cli.Daemons;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Daemon.Connections;

namespace Landline.Cli.Commands;

/// <summary><c>landline gather-logs</c>: one file to send along with a question.</summary>
internal static class GatherLogsCommand
{
    public static Command Create()
    {
        var file = new Option<string>("--output", "-o") { Description = "The file to write", HelpName = "FILE.zip", Required = true };
        var context = ConnectionOptions.Context();
        var kubeconfig = ConnectionOptions.Kubeconfig();
        var managerNamespace = ConnectionOptions.ManagerNamespace();
        var command = new Command("gather-logs", "Pack the logs of all parts into a file, without secrets")
        {
            file, context, kubeconfig, managerNamespace,
        };
        command.SetAction(async (parse, cancellationToken) =>
        {
            RuntimeDirectory runtime = RuntimeDirectory.ForCurrentUser(Environment.GetEnvironmentVariable);
            var bundle = new LogBundle(
                runtime,
                () => ClusterTarget.Load(parse.GetValue(kubeconfig), parse.GetValue(context), null, null),
                parse.GetValue(managerNamespace)!,
                TimeProvider.System);
            IReadOnlyList<string> entries = await bundle.WriteAsync(parse.GetValue(file)!, cancellationToken);
            TextWriter output = parse.InvocationConfiguration.Output;
            await output.WriteLineAsync($"Wrote {parse.GetValue(file)} with:");
            foreach (string entry in entries)
            {
                await output.WriteLineAsync($"  {entry}");
            }

            return ExitCodes.Done;
        });
        return command;
    }
}
