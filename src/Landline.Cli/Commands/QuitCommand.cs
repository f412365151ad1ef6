using System.CommandLine;
using Landline.Cli.Daemons;
using Landline.Cli.Output;
using Landline.Daemon.Api;

namespace Landline.Cli.Commands;

/// <summary><c>landline quit</c>.</summary>
internal static class QuitCommand
{
    public static Command Create()
    {
        var name = ConnectionOptions.Name("The connection to end; not needed when there is only one");
        var all = new Option<bool>("--all") { Description = "End every connection" };
        var format = FormatOption.Create();
        var command = new Command("quit", "End a connection and put everything back") { name, all, format };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) && result.GetGiven(name) is not null)
            {
                result.AddError("--name and --all exclude each other.");
            }
        });
        command.SetAction(async (parse, cancellationToken) =>
        {
            RuntimeDirectory runtime = RuntimeDirectory.ForCurrentUser(Environment.GetEnvironmentVariable);
            var daemons = new RunningDaemons(runtime, TimeProvider.System);
            var ending = parse.GetValue(all) ? daemons.Alive() : [.. Optional(daemons.Choose(parse.GetValue(name)))];
            var disconnection = new Disconnection(TimeProvider.System);
            await Task.WhenAll(ending.Select(directory => disconnection.RunAsync(directory, cancellationToken)));
            FactWriter.Write(
                parse.InvocationConfiguration.Output,
                parse.GetValue(format),
                new QuitFact([.. ending.Select(directory => directory.ConnectionName)]),
                static () => CliJson.Default.QuitFact,
                WriteText);
            return ExitCodes.Done;
        });
        return command;
    }

    private static IEnumerable<ConnectionDirectory> Optional(ConnectionDirectory? directory) =>
        directory is null ? [] : [directory];

    private static void WriteText(TextWriter output, QuitFact fact) => output.WriteLine(
        fact.Disconnected.Count == 0 ? "Not connected." : $"Disconnected from {string.Join(", ", fact.Disconnected)}");
}
