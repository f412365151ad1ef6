using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Landline.Kubernetes.Configuration;

namespace Landline.Kubernetes.Authentication;

/// <summary>Runs an exec plug-in once and reads its answer.</summary>
internal static class ExecPluginRunner
{
    // Plug-ins open a browser and wait for the person in front of it; nobody may be there.
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(5);

    // A credential has a few KiB. Of what it says on standard error the end is shown.
    private const int LongestOutput = 1024 * 1024;
    private const int LongestComplaint = 1000;

    /// <param name="says">Gets what the plug-in writes to standard error, as it comes: a prompt, or the code of a login on another device.</param>
    /// <exception cref="KubernetesConfigurationException">It is not installed, fails or answers wrongly.</exception>
    public static async Task<ExecCredential> RunAsync(
        ExecPlugin plugin, Action<string> says, TimeProvider time, CancellationToken cancellationToken)
    {
        bool interactive = plugin.InteractiveMode != InteractiveMode.Never && plugin.HasTerminal;
        if (plugin.InteractiveMode == InteractiveMode.Always && !plugin.HasTerminal)
        {
            throw new KubernetesConfigurationException(
                $"The exec plug-in {plugin} wants to ask something, and there is no terminal.");
        }

        using Process process = Start(plugin, interactive);
        using var deadline = new CancellationTokenSource(LongestRun, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            if (!interactive)
            {
                process.StandardInput.Close();
            }

            Task<string> complaint = ReadAsync(process.StandardError, says, linked.Token);
            string output = await ReadAsync(process.StandardOutput, static _ => { }, linked.Token);
            string complained = await complaint;
            await process.WaitForExitAsync(linked.Token);
            return process.ExitCode == 0
                ? ExecCredential.Parse(output, plugin)
                : throw new KubernetesConfigurationException(
                    $"The exec plug-in {plugin} failed with exit code {process.ExitCode}{Shorten(complained)}.",
                    plugin.InstallHint,
                    null);
        }
        catch (IOException e)
        {
            End(process);
            throw new KubernetesConfigurationException($"The exec plug-in {plugin} could not be talked with: {e.Message}", null, e);
        }
        catch (OperationCanceledException e)
        {
            End(process);
            cancellationToken.ThrowIfCancellationRequested();
            throw new KubernetesConfigurationException(
                $"The exec plug-in {plugin} did not answer within {LongestRun.TotalMinutes:0} minutes.", null, e);
        }
    }

    private static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is AggregateException or Win32Exception or InvalidOperationException)
        {
            // Not all of them could be ended: another user's, or in the middle of ending by themselves. Nobody waits for them.
        }
    }

    private static Process Start(ExecPlugin plugin, bool interactive)
    {
        string? program = Find(plugin);
        if (program is null)
        {
            throw NotInstalled(plugin, null);
        }

        var start = new ProcessStartInfo(program, plugin.Arguments)
        {
            RedirectStandardInput = !interactive,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in plugin.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = ExecInfo(plugin, interactive);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw NotInstalled(plugin, e);
        }
    }

    /// <summary>Looks along the path only: what lies in the working folder is not to be run.</summary>
    private static string? Find(ExecPlugin plugin)
    {
        IEnumerable<string> candidates = plugin.Command.Contains('/', StringComparison.Ordinal)
            ? [plugin.Command]
            : plugin.SearchPath.Split(':', StringSplitOptions.RemoveEmptyEntries)
                .Where(Path.IsPathFullyQualified)
                .Select(folder => Path.Combine(folder, plugin.Command));
        const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return candidates.FirstOrDefault(path => File.Exists(path) && (File.GetUnixFileMode(path) & Executable) != 0);
    }

    private static KubernetesConfigurationException NotInstalled(ExecPlugin plugin, Exception? cause) => new(
        $"The exec plug-in '{plugin.Command}', which {plugin.Origin} needs, is not installed or cannot be run.",
        plugin.InstallHint,
        cause);

    private static string ExecInfo(ExecPlugin plugin, bool interactive)
    {
        var spec = new JsonObject { ["interactive"] = interactive };
        if (plugin.ClusterInfo is not null)
        {
            spec["cluster"] = plugin.ClusterInfo.DeepClone();
        }

        return new JsonObject
        {
            ["apiVersion"] = plugin.ApiVersion,
            ["kind"] = "ExecCredential",
            ["spec"] = spec,
        }.ToJsonString();
    }

    /// <summary>
    /// Reads to the end, and keeps what fits: a plug-in that talks too much must not block on a full pipe.
    /// </summary>
    private static async Task<string> ReadAsync(StreamReader reader, Action<string> says, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        char[] buffer = new char[4096];
        while (await reader.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            if (text.Length < LongestOutput)
            {
                text.Append(buffer, 0, count);
                says(new string(buffer, 0, count));
            }
        }

        return text.ToString();
    }

    private static string Shorten(string complaint)
    {
        string[] words = complaint.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string oneLine = string.Join(' ', words).TrimEnd('.');
        return oneLine.Length switch
        {
            0 => "",
            > LongestComplaint => $": …{oneLine[^LongestComplaint..]}",
            _ => $": {oneLine}",
        };
    }
}
