using System.CommandLine;
using System.CommandLine.Invocation;
using Landline.Cli.Daemons;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Commands;

/// <summary><c>landline version</c>, and <c>landline --version</c>, which says the same.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var format = FormatOption.Create();
        var command = new Command("version", "Print the version, and those of what is connected") { format };
        command.SetAction((parse, cancellationToken) => WriteAsync(parse, parse.GetValue(format), cancellationToken));
        return command;
    }

    private static async Task<int> WriteAsync(ParseResult parse, OutputFormat format, CancellationToken cancellationToken)
    {
        FactWriter.Write(
            parse.InvocationConfiguration.Output,
            format,
            new VersionFact(ProductVersion.Text, await ConnectionsAsync(cancellationToken)),
            static () => CliJson.Default.VersionFact,
            VersionText.Write);
        return ExitCodes.Done;
    }

    private static async Task<IReadOnlyList<ConnectionVersions>> ConnectionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await new RunningDaemons(RuntimeDirectory.ForCurrentUser(Environment.GetEnvironmentVariable), TimeProvider.System)
                .VersionsAsync(cancellationToken);
        }
        catch (UserErrorException)
        {
            return []; // The folder of connections is none of ours. The version is asked for in any trouble, and always told.
        }
    }

    /// <summary>The option's action.</summary>
    public sealed class Print : AsynchronousCommandLineAction
    {
        public override Task<int> InvokeAsync(ParseResult parseResult, CancellationToken cancellationToken = default) =>
            WriteAsync(parseResult, OutputFormat.Text, cancellationToken);
    }
}
