using System.Net;
using Landline.Networking.Processes;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>Finds out how this machine's programs resolve names.</summary>
public static class ResolverDetection
{
    // systemd-resolved's two stub listeners.
    private static readonly IPAddress[] Stubs = [IPAddress.Parse("127.0.0.53"), IPAddress.Parse("127.0.0.54")];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task<IResolverSettings> FindAsync(ResolverPaths paths, CancellationToken cancellationToken)
    {
        string? text;
        try
        {
            text = InPlaceFile.Read(paths.ResolvConf);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ResolverException(e.Message.TrimEnd('.'), e);
        }

        string? target = File.ResolveLinkTarget(paths.ResolvConf, returnFinalTarget: true)?.FullName;
        bool isResolved = PointsToResolved(text, target) && await AnswersAsync(cancellationToken);
        return isResolved ? new ResolvedSettings() : new ResolvConfSettings(new ResolverJournal(paths));
    }

    /// <param name="linkTarget">Where /etc/resolv.conf finally points, or null.</param>
    internal static bool PointsToResolved(string? resolvConf, string? linkTarget) =>
        linkTarget?.StartsWith("/run/systemd/resolve/", StringComparison.Ordinal) == true
        || (resolvConf is not null
            && ResolvConf.NameServers(resolvConf) is { Count: > 0 } servers
            && servers.All(server => Stubs.Contains(server)));

    // The file alone does not say that the service runs: images of containers are made on machines where it does.
    private static async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        if (!SystemTool.Exists("resolvectl"))
        {
            return false;
        }

        try
        {
            SystemTool status = await SystemTool.RunAsync(
                "resolvectl", ["--no-pager", "status"], string.Empty, Patience, cancellationToken);
            return status.ExitCode == 0;
        }
        catch (ToolFailedException)
        {
            return false;
        }
    }
}
