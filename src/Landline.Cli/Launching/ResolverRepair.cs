using Landline.Daemon.Connections;
using Landline.Protocol.Errors;

namespace Landline.Cli.Launching;

/// <summary>At the start of a command: puts the resolver back after a net helper that was killed.</summary>
internal sealed class ResolverRepair(RootProgram root)
{
    /// <summary>Does its best and lets the command go on: <c>status</c> must work even where sudo does not.</summary>
    public async Task RunIfNeededAsync(TextWriter errors, CancellationToken cancellationToken)
    {
        if (!ResolverRemains.Exist())
        {
            return;
        }

        string reason = "it still needs it afterwards";
        try
        {
            await root.RunAsync(["net-helper", "--repair"], cancellationToken);
            if (!ResolverRemains.Exist())
            {
                await errors.WriteLineAsync("note: A connection ended badly; this machine's resolver was put back.");
                return;
            }
        }
        catch (UserErrorException e)
        {
            reason = e.Message;
        }

        await errors.WriteLineAsync(
            $"warning: This machine's resolver still points to a connection that is gone ({reason.TrimEnd('.')}).\n"
            + "   hint: Put it back with: sudo landline net-helper --repair");
    }
}
