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
        var format = FormatOption.Create();
        var context = ConnectionOptions.Context();
        var kubeconfig = ConnectionOptions.Kubeconfig();
        var managerNamespace = ConnectionOptions.ManagerNamespace();
        var actAs = ConnectionOptions.ActAs();
        var command = new Command("gather-logs", "Pack the logs of all parts into a file, without secrets")
        {
            file, context, kubeconfig, managerNamespace, actAs, format,
        };
        command.SetAction(async (parse, cancellationToken) =>
        {
            RuntimeDirectory runtime = RuntimeDirectory.ForCurrentUser(Environment.GetEnvironmentVariable);
            var named = new ClusterLogSource(
                "cluster",
                () => ClusterTarget.Load(parse.GetValue(kubeconfig), parse.GetValue(context), null, parse.GetValue(actAs)),
                parse.GetValue(managerNamespace)!);
            bool isNamed = new Option[] { kubeconfig, context, managerNamespace, actAs }
                .Any(option => parse.GetResult(option) is { Implicit: false });
            var bundle = new LogBundle(runtime, named, isNamed, TimeProvider.System);
            string path = parse.GetValue(file)!;
            FactWriter.Write(
                parse.InvocationConfiguration.Output,
                parse.GetValue(format),
                new GatheredFact(path, await bundle.WriteAsync(path, cancellationToken)),
                static () => CliJson.Default.GatheredFact,
                WriteText);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void WriteText(TextWriter output, GatheredFact fact)
    {
        output.WriteLine($"Wrote {fact.File} with:");
        foreach (string entry in fact.Entries)
        {
            output.WriteLine($"  {entry}");
        }
    }
}
