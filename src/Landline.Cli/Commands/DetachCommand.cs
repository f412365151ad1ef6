using System.CommandLine;
using Landline.Cli.Daemons;
using Landline.Cli.Output;

namespace Landline.Cli.Commands;

/// <summary><c>landline detach</c>: the original has its traffic back.</summary>
internal static class DetachCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "The attachment to end" };
        var connection = new ConnectionSelection();
        var format = FormatOption.Create();
        var command = new Command("detach", "End an attachment") { name };
        command.Aliases.Add("leave");
        connection.AddTo(command);
        command.Add(format);
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var daemon = new DaemonClient(await connection.ChooseAsync(parse, cancellationToken));
            string detached = parse.GetValue(name)!;
            await daemon.DetachAsync(detached, cancellationToken);
            FactWriter.Write(
                parse.InvocationConfiguration.Output,
                parse.GetValue(format),
                new DetachFact(detached),
                static () => CliJson.Default.DetachFact,
                (output, fact) => output.WriteLine($"Detached {fact.Detached}"));
            return ExitCodes.Done;
        });
        return command;
    }
}
