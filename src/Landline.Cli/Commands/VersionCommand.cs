using System.CommandLine;
using System.CommandLine.Invocation;
using Landline.Cli.Output;
using Landline.Daemon.Api;

namespace Landline.Cli.Commands;

/// <summary><c>landline version</c>, and <c>landline --version</c>, which says the same.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var format = FormatOption.Create();
        var command = new Command("version", "Print the version") { format };
        command.SetAction(parse => Write(parse, parse.GetValue(format)));
        return command;
    }

    private static void Write(ParseResult parse, OutputFormat format) => FactWriter.Write(
        parse.InvocationConfiguration.Output,
        format,
        new VersionFact(ProductVersion.Text),
        CliJson.Default.VersionFact,
        (output, fact) => output.WriteLine($"landline {fact.Version}"));

    /// <summary>The option's action.</summary>
    public sealed class Print : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            Write(parseResult, OutputFormat.Text);
            return ExitCodes.Done;
        }
    }
}
