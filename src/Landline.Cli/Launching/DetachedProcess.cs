using System.Collections;
using Landline.Networking.Processes;

namespace Landline.Cli.Launching;

/// <summary>
/// Starts a program that lives on when the CLI has ended: standard input from /dev/null, both outputs to a log that
/// only its owner can read.
/// </summary>
internal static class DetachedProcess
{
    /// <param name="ownSession">
    /// True: a new session, which no terminal can end. False for sudo, which looks its ticket up by terminal.
    /// </param>
    /// <param name="environment">Added to the CLI's own.</param>
    /// <returns>The process id.</returns>
    public static int Start(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string logPath,
        bool ownSession) => SpawnedChild.Start(new SpawnRequest
        {
            CommandLine = [program, .. arguments],
            Environment = Merge(environment),
            LogPath = logPath,
            AppendsToLog = true,
            Group = ownSession ? SpawnGroup.OwnSession : SpawnGroup.Same,
        });

    private static string[] Merge(IReadOnlyDictionary<string, string> additions)
    {
        var merged = new Dictionary<string, string>(additions, StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            merged.TryAdd((string)variable.Key, (string?)variable.Value ?? "");
        }

        return [.. merged.Select(variable => $"{variable.Key}={variable.Value}")];
    }
}
