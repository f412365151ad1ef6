using System.CommandLine;
using Landline.Cli.Daemons;
using Landline.Daemon.Api;

namespace Landline.Cli.Commands;

/// <summary>The options of commands that use a connection that stands: which one.</summary>
internal sealed class ConnectionSelection
{
    private readonly Option<string?> _namespace = new("--namespace", "-n")
    {
        Description = "The namespace of the connection; not needed when there is only one", HelpName = "NAMESPACE",
    };

    private readonly Option<string?> _context = new("--context")
    {
        Description = "The context of the connection", HelpName = "CONTEXT",
    };

    public void AddTo(Command command)
    {
        command.Add(_namespace);
        command.Add(_context);
    }

    /// <exception cref="Protocol.Errors.UserErrorException">There is none, or several.</exception>
    public Task<ConnectionDirectory> ChooseAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        RuntimeDirectory runtime = RuntimeDirectory.ForCurrentUser(Environment.GetEnvironmentVariable);
        return new RunningDaemons(runtime, TimeProvider.System)
            .ChooseAsync(parse.GetValue(_namespace), parse.GetValue(_context), cancellationToken);
    }
}
