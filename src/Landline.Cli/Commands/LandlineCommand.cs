using System.CommandLine;

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
        root.Options.OfType<VersionOption>().Single().Action = new VersionCommand.Print();
        return root;
    }

    private static Command Hidden(Command command)
    {
        command.Hidden = true;
        return command;
    }
}
