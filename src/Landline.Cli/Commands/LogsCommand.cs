using System.CommandLine;
using Landline.Cli.Daemons;
using Landline.Cli.Output;
using Landline.Daemon.Api;

namespace Landline.Cli.Commands;

/// <summary><c>landline logs</c>: what daemon and net helper wrote.</summary>
internal static class LogsCommand
{
    public static Command Create()
    {
        var name = ConnectionOptions.Name("The connection; the only or latest one if not given");
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on printing what is added" };
        var command = new Command("logs", "Print the logs of the daemon and the net helper") { name, follow };
        command.SetAction(async (parse, cancellationToken) =>
        {
            RuntimeDirectory runtime = RuntimeDirectory.ForCurrentUser(Environment.GetEnvironmentVariable);
            TextWriter output = parse.InvocationConfiguration.Output;
            if (Choose(runtime, parse.GetValue(name)) is not { } directory)
            {
                await output.WriteLineAsync("There are no logs: nothing was connected.");
                return ExitCodes.Done;
            }

            await new LogReader(directory, TimeProvider.System)
                .WriteAsync(output, parse.GetValue(follow), cancellationToken);
            return ExitCodes.Done;
        });
        return command;
    }

    // A connection that failed is what one wants to read about, so that the dead count too.
    private static ConnectionDirectory? Choose(RuntimeDirectory runtime, string? name)
    {
        var all = runtime.Connections();
        if (name is not null)
        {
            return all.FirstOrDefault(directory => directory.ConnectionName == name)
                ?? throw CliErrors.ConnectionUnknown(name, [.. all.Select(directory => directory.ConnectionName)]);
        }

        return all
            .OrderByDescending(DaemonLock.IsHeld)
            .ThenByDescending(directory => File.GetLastWriteTimeUtc(directory.DaemonLog))
            .FirstOrDefault();
    }
}
