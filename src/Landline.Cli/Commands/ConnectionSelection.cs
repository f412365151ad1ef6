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

    private readonly Option<string?> _context = ConnectionOptions.Context("The context of the connection");

    private readonly Option<string?> _name = ConnectionOptions.Named("--connection", "The connection, by the name that 'landline status' shows");

    public void AddTo(Command command)
    {
        command.Add(_namespace);
        command.Add(_context);
        command.Add(_name);
    }

    /// <exception cref="Protocol.Errors.UserErrorException">There is none, or several.</exception>
    public Task<ConnectionDirectory> ChooseAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        RuntimeDirectory runtime = RuntimeDirectory.ForCurrentUser(Environment.GetEnvironmentVariable);
        return new RunningDaemons(runtime, TimeProvider.System)
            .ChooseAsync(parse.GetValue(_name), parse.GetValue(_namespace), parse.GetValue(_context), cancellationToken);
    }
}
