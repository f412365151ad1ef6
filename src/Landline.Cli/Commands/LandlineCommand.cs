using System.CommandLine;
using System.CommandLine.Help;

namespace Landline.Cli.Commands;

/// <summary>The whole command line.</summary>
internal static class LandlineCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Make this machine part of a Kubernetes cluster.")
        {
            ConnectCommand.Create(),
            QuitCommand.Create(),
            StatusCommand.Create(),
            InterceptCommand.Create(),
            ReplaceCommand.Create(),
            WiretapCommand.Create(),
            IngestCommand.Create(),
            DetachCommand.Create(),
            ListCommand.Create(),
            LogsCommand.Create(),
            GatherLogsCommand.Create(),
            InstallCommand.CreateInstall(),
            InstallCommand.CreateUpgrade(),
            UninstallCommand.Create(),
            VersionCommand.Create(),
            CompletionCommand.Create(),
            Hidden(DaemonCommand.Create()),
            Hidden(NetHelperCommand.Create()),
        };
        foreach (string alias in (string[])["/h", "/?"])
        {
            root.Options.OfType<HelpOption>().Single().Aliases.Remove(alias); // Paths, where there is no Windows.
        }

        root.Options.OfType<VersionOption>().Single().Action = new VersionCommand.Print();
        return root;
    }

    private static Command Hidden(Command command)
    {
        command.Hidden = true;
        return command;
    }
}
