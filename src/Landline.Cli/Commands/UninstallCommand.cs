using System.CommandLine;
using Landline.Cli.Output;
using Landline.Daemon.Connections;

namespace Landline.Cli.Commands;

/// <summary><c>landline uninstall</c>.</summary>
internal static class UninstallCommand
{
    public static Command Create()
    {
        var options = new InstallOptionSet();
        var command = new Command("uninstall", "Remove Landline and everything it made from a cluster");
        options.AddTo(command, installing: false);
        command.SetAction(async (parse, cancellationToken) =>
        {
            ClusterTarget target = options.Target(parse);
            using var cluster = new ClusterAdministration(target, TimeProvider.System);
            bool found;
            using (var progress = new ProgressLine(parse.InvocationConfiguration.Error))
            {
                found = await cluster.UninstallAsync(options.Options(parse), progress, cancellationToken);
            }

            string server = target.Server.AbsoluteUri.TrimEnd('/');
            await parse.InvocationConfiguration.Output.WriteLineAsync(
                found ? $"Landline is gone from {server}" : $"There is no Landline in {server}");
            return ExitCodes.Done;
        });
        return command;
    }
}
