using System.CommandLine;
using Landline.Cli.Output;
using Landline.Daemon.Connections;
using Landline.Daemon.Installation;

namespace Landline.Cli.Commands;

/// <summary><c>landline uninstall</c>.</summary>
internal static class UninstallCommand
{
    public static Command Create()
    {
        var options = new InstallOptionSet();
        var format = FormatOption.Create();
        var command = new Command("uninstall", "Remove Landline and everything it made from a cluster");
        options.AddTo(command, installing: false);
        command.Add(format);
        command.SetAction(async (parse, cancellationToken) =>
        {
            ClusterTarget target = options.Target(parse);
            using var cluster = new ClusterAdministration(target, TimeProvider.System);
            InstallOptions wanted = options.Options(parse);
            bool found;
            using (var progress = new ProgressLine(parse.InvocationConfiguration.Error))
            {
                cluster.LoginSays += progress.Say;
                found = await cluster.UninstallAsync(wanted, progress, cancellationToken);
            }

            FactWriter.Write(
                parse.InvocationConfiguration.Output,
                parse.GetValue(format),
                new UninstalledFact(found, wanted.Namespace, target.Server.AbsoluteUri.TrimEnd('/')),
                static () => CliJson.Default.UninstalledFact,
                (output, fact) => output.WriteLine(fact.Removed ? $"Landline is gone from {fact.Server}" : $"There is no Landline in {fact.Server}"));
            return ExitCodes.Done;
        });
        return command;
    }
}
