using System.CommandLine.Parsing;
using System.Globalization;
using Landline.Daemon.Api;
using Landline.Daemon.Diagnostics;
using Landline.Protocol.Errors;

namespace Landline.Cli.Output;

/// <summary>
/// Notes which commands ran and how they ended, for <c>landline gather-logs</c>. Names only: a command line may hold
/// secrets.
/// </summary>
internal static class CommandLog
{
    private const string FileName = "cli.log";

    /// <summary>Some 1,000 commands.</summary>
    private const long LargestBytes = 64 << 10;

    public static void Note(CommandResult command, int exitCode, TimeSpan took, Exception? failure, TimeProvider time)
    {
        string path = Path.Combine(
            RuntimeDirectory.ForCurrentUser(Environment.GetEnvironmentVariable).Path, FileName);
        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            // Nothing was ever connected, so nothing will be gathered.
            return;
        }

        string outcome = failure is UserErrorException user ? $" {user.Code}" : failure is null ? "" : $" {failure.GetType().Name}";
        using var log = new LogFile(path, LargestBytes);
        log.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {command.Command.Name} -> {exitCode}{outcome} in {took.TotalMilliseconds:0} ms"));
    }
}
