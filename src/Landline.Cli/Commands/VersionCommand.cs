using System.CommandLine;
using Landline.Cli.Output;
using Landline.Daemon.Api;

namespace Landline.Cli.Commands;

/// <summary><c>landline version</c>.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var format = FormatOption.Create();
        var command = new Command("version", "Print the version") { format };
        command.SetAction(parse => FactWriter.Write(
            parse.InvocationConfiguration.Output,
            parse.GetValue(format),
            new VersionFact(ProductVersion.Text),
            CliJson.Default.VersionFact,
            (output, fact) => output.WriteLine($"landline {fact.Version}")));
        return command;
    }
}
