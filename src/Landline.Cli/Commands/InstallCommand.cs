using System.CommandLine;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Daemon.Connections;
using Landline.Daemon.Installation;

namespace Landline.Cli.Commands;

/// <summary><c>landline install</c> and <c>landline upgrade</c>, which are the same: both end in this version running.</summary>
internal static class InstallCommand
{
    public static Command CreateInstall() => Create("install", "Put Landline into a cluster");

    public static Command CreateUpgrade() => Create("upgrade", "Bring a cluster's Landline to this version");

    private static Command Create(string name, string description)
    {
        var options = new InstallOptionSet();
        var print = new Option<bool>("--print") { Description = "Write the manifests instead, as YAML" };
        var format = FormatOption.Create();
        var command = new Command(name, description);
        options.AddTo(command, installing: true);
        command.Add(print);
        command.Add(format);
        command.SetAction(async (parse, cancellationToken) =>
        {
            TextWriter output = parse.InvocationConfiguration.Output;
            InstallOptions wanted = options.Options(parse);
            if (parse.GetValue(print))
            {
                await output.WriteAsync(Installer.Print(wanted));
                return ExitCodes.Done;
            }

            ClusterTarget target = options.Target(parse);
            using var cluster = new ClusterAdministration(target, TimeProvider.System);
            using (var progress = new ProgressLine(parse.InvocationConfiguration.Error))
            {
                cluster.LoginSays += progress.Say;
                await cluster.InstallAsync(wanted, progress, cancellationToken);
            }

            FactWriter.Write(
                output,
                parse.GetValue(format),
                new InstalledFact(ProductVersion.Text, wanted.Namespace, target.Server.AbsoluteUri.TrimEnd('/')),
                static () => CliJson.Default.InstalledFact,
                (output, fact) => output.WriteLine($"Landline {fact.Version} runs in namespace {fact.Namespace} of {fact.Server}"));
            return ExitCodes.Done;
        });
        return command;
    }
}
