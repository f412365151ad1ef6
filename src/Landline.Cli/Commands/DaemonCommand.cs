using System.CommandLine;
using Landline.Daemon;

namespace Landline.Cli.Commands;

/// <summary><c>landline daemon run</c>: the daemon's process. Hidden, because <c>landline connect</c> starts it.</summary>
internal static class DaemonCommand
{
    public static Command Create()
    {
        var name = new Option<string>("--name") { Description = "The connection's name", Required = true };
        var readyDescriptor = new Option<int?>("--ready-fd") { Description = "Gets one byte when the daemon listens" };
        var run = new Command("run", "Run a connection's daemon") { name, readyDescriptor };
        run.SetAction((parse, cancellationToken) =>
            DaemonProgram.RunAsync(parse.GetValue(name)!, parse.GetValue(readyDescriptor), cancellationToken));
        return new Command("daemon", "The daemon of a connection") { run };
    }
}
