using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using Landline.Daemon.Api;
using Landline.Daemon.Connections;

namespace Landline.Cli.Commands;

/// <summary>Options that several commands share: which cluster, which namespace, which connection.</summary>
internal static class ConnectionOptions
{
    public static Option<string?> Name(string description) => Named("--name", description);

    /// <param name="name">An option whose value is a connection's name.</param>
    public static Option<string?> Named(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "NAME" };
        option.CompletionSources.Add(_ => RuntimeDirectory
            .ForCurrentUser(Environment.GetEnvironmentVariable)
            .Connections()
            .Select(directory => directory.ConnectionName));
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } given }] && !ConnectionName.IsValid(given))
            {
                result.AddError(Output.CliErrors.ConnectionNameInvalid(given).Message);
            }
        });
        return option;
    }

    public static Option<string?> Context() => Context("The kubeconfig's context to use");

    public static Option<string?> Context(string description)
    {
        var option = new Option<string?>("--context") { Description = description, HelpName = "CONTEXT" };
        option.CompletionSources.Add(Contexts);
        return option;
    }

    public static Option<string?> Kubeconfig() =>
        new("--kubeconfig") { Description = "The kubeconfig file to use", HelpName = "FILE" };

    public static Option<string?> Namespace() =>
        new("--namespace", "-n") { Description = "The namespace to connect to", HelpName = "NAMESPACE" };

    public static Option<string?> ActAs() =>
        new("--as") { Description = "The user to act as in the cluster", HelpName = "USER" };

    public static Option<string> ManagerNamespace() => new("--manager-namespace")
    {
        Description = "The namespace that Landline is installed in",
        HelpName = "NAMESPACE",
        DefaultValueFactory = _ => "landline",
    };

    // Of the file that the same line names, if it does.
    private static IEnumerable<CompletionItem> Contexts(CompletionContext completion)
    {
        string? file = completion.ParseResult.CommandResult.Children
            .OfType<OptionResult>()
            .FirstOrDefault(static result => result.Option.Name == "--kubeconfig")
            ?.Tokens is [{ Value: { } given }] ? given : null;
        return ClusterTarget.ContextNames(file).Select(static name => new CompletionItem(name));
    }
}
