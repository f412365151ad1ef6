using System.CommandLine;
using Landline.Daemon.NetHelper;

namespace Landline.Cli.Commands;

/// <summary><c>landline net-helper</c>: the only process that runs as root. Hidden, because the CLI starts it.</summary>
internal static class NetHelperCommand
{
    public static Command Create()
    {
        var socket = new Option<string?>("--socket") { Description = "The daemon's helper socket" };
        var repair = new Option<bool>("--repair") { Description = "Put the resolver back after helpers that were killed" };
        var command = new Command("net-helper", "Set routes and DNS for a daemon") { socket, repair };
        command.SetAction((parse, cancellationToken) => NetHelperProgram.RunAsync(
            new NetHelperOptions(parse.GetValue(socket), parse.GetValue(repair)),
            parse.InvocationConfiguration.Error,
            cancellationToken));
        return command;
    }
}
